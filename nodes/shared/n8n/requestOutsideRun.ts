import type { IDataObject, IHttpRequestOptions } from 'n8n-workflow';
import type { LinqResponse } from '../linq/apiError';
import type { RequestPolicy } from './accountClient';
import { getAccountClient } from './accountClient';
import type { RequestContext } from './apiRequest';
import { DEFAULT_TIMEOUT_MS } from './apiRequest';

export interface LinqRequest extends Pick<IHttpRequestOptions, 'method' | 'url'> {
	body?: IDataObject;
}

/**
 * Sends a request that belongs to no run: of the editor or of a trigger.
 *
 * @throws LinqError as `AccountClient.request` does
 */
export async function requestOutsideRun(
	context: RequestContext,
	request: LinqRequest,
	action: string,
	policy: Pick<RequestPolicy, 'maxRetries' | 'beforeRetry'>,
): Promise<LinqResponse> {
	const client = await getAccountClient(context);
	const { signal } = new AbortController();
	const options = { ...request, timeout: DEFAULT_TIMEOUT_MS };
	return await client.request(context, options, action, { ...policy, signal });
}
