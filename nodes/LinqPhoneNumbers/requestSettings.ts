import type { IExecuteSingleFunctions, INodeProperties } from 'n8n-workflow';
import { readGroup, readWholeNumber } from '../linq/parameterValue';
import { DEFAULT_TIMEOUT_MS } from '../n8n/request';

const DEFAULT_RETRIES = 3;
const MOST_RETRIES = 10;

/** The option that every operation has. */
export const maxRetriesOption: INodeProperties = {
	displayName: 'Max Retries',
	name: 'maxRetries',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: MOST_RETRIES, numberPrecision: 0 },
	default: DEFAULT_RETRIES,
	description:
		'How often a request is tried again after a rate limit, a fault at Linq or a lost connection. Other errors are never tried again.',
};

/** How an item's requests are sent. */
export interface RequestSettings {
	/** 0 to 10. */
	maxRetries: number;
	/** Milliseconds for one try. */
	timeout: number;
}

/** Reads an item's settings: its options, and what n8n's own Request Options say of the timeout. */
export function readRequestSettings(context: IExecuteSingleFunctions): RequestSettings {
	const { maxRetries = DEFAULT_RETRIES } = readGroup(
		context.getNodeParameter('options', {}),
		'Options',
	);
	const timeout: unknown = context.getNodeParameter('requestOptions.timeout', 0);
	return {
		maxRetries: readWholeNumber(maxRetries, 'Max Retries', { min: 0, max: MOST_RETRIES }),
		// 0 is n8n's own way to say that none is set.
		timeout: readWholeNumber(timeout || 0, 'Timeout', { min: 0 }) || DEFAULT_TIMEOUT_MS,
	};
}
