import type { ILoadOptionsFunctions } from 'n8n-workflow';
import { LIST_URL, LISTING } from './lineList';
import { nodeApiError } from './nodeApiError';
import type { PhoneNumber } from './phoneNumber';
import { readPhoneNumberList, reputationOf } from './phoneNumber';
import { requestAlone } from './request';

/** The account's lines as the editor offers them: each with its number and reputation for a name. */
export async function lineChoices(
	context: ILoadOptionsFunctions,
): Promise<Array<{ name: string; line: PhoneNumber }>> {
	try {
		const request = { method: 'GET', url: LIST_URL } as const;
		const { body } = await requestAlone(context, request, LISTING, { maxRetries: 1 });
		return readPhoneNumberList(body).map((line) => ({
			name: `${line.phone_number} (${reputationOf(line)?.status ?? 'no reputation yet'})`,
			line,
		}));
	} catch (error) {
		throw nodeApiError(context.getNode(), error);
	}
}
