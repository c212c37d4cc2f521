import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { AccountLines } from '../linq/accountLines';
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
): Promise<AccountLines> {
	run.listing ??= run.send(context, request, LISTING, settings).then(({ body }) => {
		run.lines = new AccountLines(readPhoneNumberList(body));
		return run.lines;
	});
	return await run.listing;
}
