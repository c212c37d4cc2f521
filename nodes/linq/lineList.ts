import type { IExecuteSingleFunctions } from 'n8n-workflow';
import type { PhoneNumber } from './phoneNumber';
import { readPhoneNumberList } from './phoneNumber';
import type { Transport } from './request';
import type { Run } from './run';

/** Linq has no pages: one answer holds every line. See https://docs.linqapp.com/guides/phone-numbers/ */
export const LIST_URL = '/v3/phone_numbers';

export const LISTING = 'Could not list the lines';

/** The account's lines, asked for once however many items of the run want them. */
export async function linesOfRun(
	run: Run,
	context: IExecuteSingleFunctions,
	transport: Transport,
	maxRetries: number,
): Promise<PhoneNumber[]> {
	run.lines ??= run
		.send(context, transport, { method: 'GET', url: LIST_URL }, LISTING, maxRetries)
		.then(({ body }) => readPhoneNumberList(body));
	return await run.lines;
}
