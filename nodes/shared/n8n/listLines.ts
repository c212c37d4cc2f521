import { LineIndex } from '../linq/lineIndex';
import type { LineRef } from '../linq/lineRef';
import type { PhoneNumber } from '../linq/phoneNumber';
import { parsePhoneNumberList, PHONE_NUMBERS_URL } from '../linq/phoneNumber';
import type { RequestContext } from './apiRequest';
import { requestOutsideRun } from './requestOutsideRun';

/** What is being done, to begin an error's message with. */
export const LIST_LINES_ACTION = 'Could not list the lines';

const MAX_RETRIES = 3;

/** Lists the account's lines for a request that belongs to no run. */
export async function listLines(
	context: RequestContext,
	maxRetries: number,
): Promise<PhoneNumber[]> {
	const request = { method: 'GET', url: PHONE_NUMBERS_URL } as const;
	const { body } = await requestOutsideRun(context, request, LIST_LINES_ACTION, { maxRetries });
	return parsePhoneNumberList(body);
}

/**
 * Returns the phone numbers of lines that are given by phone number or ID, without a request if it needs none.
 *
 * @throws LinqError that names the ID if a line does not exist
 */
export async function findPhoneNumbers(
	context: RequestContext,
	refs: LineRef[],
): Promise<string[]> {
	const hasIds = refs.some(({ kind }) => kind === 'id');
	const index = new LineIndex(hasIds ? await listLines(context, MAX_RETRIES) : []);
	return refs.map((ref) => (ref.kind === 'number' ? ref.number : index.byId(ref.id).phone_number));
}
