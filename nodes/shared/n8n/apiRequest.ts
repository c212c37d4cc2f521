import type {
	IExecuteSingleFunctions,
	IHookFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { LinqResponse } from '../linq/apiError';
import { parseApiKey } from '../linq/apiKey';
import type { ConnectionFailure } from '../linq/connectionFailure';
import { connectionFailure, PROXY_HUNG_UP, RESPONSE_BROKEN } from '../linq/connectionFailure';
import { isRecord } from '../linq/isRecord';
import { LinqError } from '../linq/linqError';
import { CREDENTIAL } from './constants';

/** n8n waits five minutes by default; Linq's own SDK gives a request one. */
export const DEFAULT_TIMEOUT_MS = 60_000;

export type RequestContext =
	| IExecuteSingleFunctions
	| ILoadOptionsFunctions
	| IHookFunctions
	| IPollFunctions
	| IWebhookFunctions;

/** What became of a request: a response, or a connection that failed. */
export type Attempt =
	{ ok: true; response: LinqResponse } | { ok: false; failure: ConnectionFailure };

/**
 * Sends a request once, with the API key of the context's credential: the only place that sends anything to Linq.
 *
 * @throws LinqError if n8n cannot send it: the credential is missing, or its key is no header
 */
export async function apiRequest(
	context: RequestContext,
	request: IHttpRequestOptions & { baseURL: string },
): Promise<Attempt> {
	const options = {
		...request,
		json: true,
		returnFullResponse: true,
		// n8n would send a 401 a second time, and throw away what Linq says about other errors.
		ignoreHttpStatusErrors: true,
		// n8n sends the key along to wherever a redirect points.
		disableFollowRedirect: true,
	};
	try {
		const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			CREDENTIAL,
			options,
		);
		if (isResponse(response)) return { ok: true, response };
		throw new Error('n8n gave no response');
	} catch (error) {
		const failure = failureOf(error);
		if (failure) return { ok: false, failure };
		const reason = error instanceof Error ? error.message : 'unknown reason';
		throw await redactApiKey(
			context,
			new LinqError(`The request to Linq could not be sent: ${reason}`, {
				description: 'Check the API key and the base URL in the Linq API credential.',
				source: 'credential',
			}),
		);
	}
}

/** Takes the API key out of an error: a proxy may quote the request that it refuses. */
export async function redactApiKey(context: RequestContext, error: LinqError): Promise<LinqError> {
	const { apiKey } = await context.getCredentials(CREDENTIAL);
	const key = parseApiKey(apiKey);
	if (key === '') return error;
	const redact = (text: string) => text.replaceAll(key, '***');
	const { description, reason, docUrl, traceId, ...rest } = error.details;
	return new LinqError(redact(error.message), {
		...rest,
		description: redact(description),
		reason: reason && redact(reason),
		docUrl: docUrl && redact(docUrl),
		traceId: traceId && redact(traceId),
	});
}

function isResponse(value: unknown): value is LinqResponse {
	return isRecord(value) && typeof value.statusCode === 'number' && isRecord(value.headers);
}

/**
 * Returns how a connection failed, undefined if another thing did. n8n wraps the error in others; older versions drop
 * the cause and keep its code. See n8n-core's request-helper-functions.ts.
 */
function failureOf(error: unknown): ConnectionFailure | undefined {
	let isBroken = false;
	for (let cause = error; cause instanceof Error; cause = cause.cause) {
		// The words of https-proxy-agent, which n8n-core uses.
		if (cause.message.startsWith('Proxy connection ended')) return connectionFailure(PROXY_HUNG_UP);
		const codes = [
			'code' in cause ? cause.code : undefined,
			'httpCode' in cause ? cause.httpCode : undefined,
		].filter((code) => typeof code === 'string');
		for (const code of codes) {
			const failure = connectionFailure(code);
			if (failure) return failure;
			// No status is an error here, so the response began and could not be read to its end.
			isBroken ||= /^\d{3}$/.test(code);
		}
	}
	return isBroken ? connectionFailure(RESPONSE_BROKEN) : undefined;
}
