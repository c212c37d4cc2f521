import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import type { PhoneNumber } from '../linq/phoneNumber';
import { getReputation, parsePhoneNumberList, PHONE_NUMBERS_URL } from '../linq/phoneNumber';
import { requestOutsideRun } from './requestOutsideRun';
import { toNodeApiError } from './toNodeApiError';

/** What is being done, to begin an error's message with. */
export const LIST_LINES_ACTION = 'Could not list the lines';

/** Returns the account's lines as the editor offers them: each with its number and reputation for a name. */
export async function getLineOptions(
	context: ILoadOptionsFunctions,
): Promise<Array<{ name: string; line: PhoneNumber }>> {
	try {
		const request = { method: 'GET', url: PHONE_NUMBERS_URL } as const;
		const { body } = await requestOutsideRun(context, request, LIST_LINES_ACTION, {
			maxRetries: 1,
		});
		return parsePhoneNumberList(body).map((line) => ({
			name: `${line.phone_number} (${getReputation(line)?.status ?? 'no reputation yet'})`,
			line,
		}));
	} catch (error) {
		throw toNodeApiError(context.getNode(), error);
	}
}

/** Returns the options of a field for several lines: their phone numbers. */
export async function getLines(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const options = await getLineOptions(this);
	return options.map(({ name, line }) => ({ name, value: line.phone_number }));
}
