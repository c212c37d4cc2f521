import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import type { PhoneNumber } from '../linq/phoneNumber';
import { getReputation } from '../linq/phoneNumber';
import { listLines } from './listLines';
import { throwAt } from './toNodeApiError';

/** Returns the account's lines as the editor offers them: each with its number and reputation for a name. */
export async function getLineOptions(
	context: ILoadOptionsFunctions,
): Promise<Array<{ name: string; line: PhoneNumber }>> {
	const lines = await listLines(context, 1).catch(throwAt(context));
	return lines.map((line) => ({
		name: `${line.phone_number} (${getReputation(line)?.status ?? 'no reputation yet'})`,
		line,
	}));
}

/** Returns the options of a field for several lines: their phone numbers. */
export async function getLines(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const options = await getLineOptions(this);
	return options.map(({ name, line }) => ({ name, value: line.phone_number }));
}
