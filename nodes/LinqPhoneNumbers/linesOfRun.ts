import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { AccountLines } from '../linq/accountLines';
import { readPhoneNumberList } from '../linq/phoneNumber';
import { LISTING } from '../n8n/lineChoices';
import { tick } from './lineChanges';
import type { RequestSettings } from './requestSettings';
import type { Run } from './run';

/**
 * The account's lines, asked for once however many items of the run want them: in the way of the first that does.
 *
 * @param since they are asked for anew where that was before this moment, by `tick`
 * @throws LinqError when Linq does not list them
 */
export async function linesOfRun(
	run: Run,
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	settings: RequestSettings,
	since = 0,
): Promise<AccountLines> {
	if (!run.listing || run.listedAt < since) {
		run.listedAt = tick();
		const listing = run.send(context, request, LISTING, settings).then(({ body }) => {
			run.lines = new AccountLines(readPhoneNumberList(body));
			return run.lines;
		});
		run.listing = listing;
		// Who waits for it fails with it; later items of a long run ask anew.
		listing.catch(() => {
			if (run.listing === listing) run.listing = undefined;
		});
	}
	return await run.listing;
}
