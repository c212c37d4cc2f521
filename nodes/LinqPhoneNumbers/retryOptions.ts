import type { IExecuteSingleFunctions, INodeProperties } from 'n8n-workflow';
import { DEFAULT_TIMEOUT_MS } from '../shared/n8n/apiRequest';
import { parseInteger, parseObject } from '../shared/n8n/parameters';

const DEFAULT_RETRIES = 3;
const MAX_RETRIES = 10;

/** The option that every operation has. */
export const maxRetriesOption: INodeProperties = {
	displayName: 'Max Retries',
	name: 'maxRetries',
	type: 'number',
	typeOptions: { minValue: 0, maxValue: MAX_RETRIES, numberPrecision: 0 },
	default: DEFAULT_RETRIES,
	description:
		'Maximum number of retries after a rate limit, server error or connection failure. Other errors are not retried.',
};

/** How an item's requests are sent. */
export interface RetryOptions {
	/** 0 to 10. */
	maxRetries: number;
	/** Milliseconds for one attempt. */
	timeout: number;
}

/** Parses an item's options: its own, and the timeout of n8n's Request Options. */
export function parseRetryOptions(context: IExecuteSingleFunctions): RetryOptions {
	const { maxRetries = DEFAULT_RETRIES } = parseObject(
		context.getNodeParameter('options', {}),
		'Options',
	);
	const timeout: unknown = context.getNodeParameter('requestOptions.timeout', 0);
	return {
		maxRetries: parseInteger(maxRetries, 'Max Retries', { min: 0, max: MAX_RETRIES }),
		// n8n's default is 0: none is set.
		timeout: parseInteger(timeout || 0, 'Timeout', { min: 0 }) || DEFAULT_TIMEOUT_MS,
	};
}
