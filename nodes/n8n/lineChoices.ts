import type { ILoadOptionsFunctions } from 'n8n-workflow';
import type { PhoneNumber } from '../linq/phoneNumber';
import { PHONE_NUMBERS_URL, readPhoneNumberList, reputationOf } from '../linq/phoneNumber';
import { nodeApiError } from './nodeApiError';
import { requestAlone } from './request';

/** What is being done, to begin an error's message with. */
export const LISTING = 'Could not list the lines';

/** The account's lines as the editor offers them: each with its number and reputation for a name. */
export async function lineChoices(
	context: ILoadOptionsFunctions,
): Promise<Array<{ name: string; line: PhoneNumber }>> {
	try {
		const request = { method: 'GET', url: PHONE_NUMBERS_URL } as const;
		const { body } = await requestAlone(context, request, LISTING, { maxRetries: 1 });
		return readPhoneNumberList(body).map((line) => ({
			name: `${line.phone_number} (${reputationOf(line)?.status ?? 'no reputation yet'})`,
			line,
		}));
	} catch (error) {
		throw nodeApiError(context.getNode(), error);
	}
}
