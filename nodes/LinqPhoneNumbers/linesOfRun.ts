import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';
import type { PhoneNumber } from '../linq/phoneNumber';
import { readPhoneNumberList } from '../linq/phoneNumber';
import { LISTING } from '../n8n/lineChoices';
import type { RequestSettings } from './requestSettings';
import type { Run } from './run';

/**
 * The account's lines, asked for once however many items of the run want them: in the way of the first that does.
 *
 * @throws LinqError when Linq does not list them
 */
export async function linesOfRun(
	run: Run,
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	settings: RequestSettings,
): Promise<PhoneNumber[]> {
	run.lines ??= run
		.send(context, request, LISTING, settings)
		.then(({ body }) => readPhoneNumberList(body));
	return await run.lines;
}
