import type { IExecuteSingleFunctions, INodeProperties } from 'n8n-workflow';
import { LinqError } from '../linq/linqError';

const DEFAULT_RETRIES = 3;
const MOST_RETRIES = 10;

/** The options that every operation has. */
export const optionsField: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add option',
	default: {},
	options: [
		{
			displayName: 'Max Retries',
			name: 'maxRetries',
			type: 'number',
			typeOptions: { minValue: 0, maxValue: MOST_RETRIES, numberPrecision: 0 },
			default: DEFAULT_RETRIES,
			description:
				'How often a request is tried again after a rate limit, a fault at Linq or a lost connection. Other errors are never tried again.',
		},
	],
};

/** Reads the option for an item. Throws a LinqError where an expression made something else of it. */
export function readMaxRetries(context: IExecuteSingleFunctions): number {
	const retries = context.getNodeParameter('options.maxRetries', DEFAULT_RETRIES);
	const number = Number(retries);
	if (Number.isInteger(number) && number >= 0 && number <= MOST_RETRIES) return number;
	throw new LinqError(`Max Retries is no whole number from 0 to ${MOST_RETRIES}`, {
		description: `Enter a number from 0 (never try again) to ${MOST_RETRIES}.`,
	});
}
