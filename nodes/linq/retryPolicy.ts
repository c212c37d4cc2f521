/** Statuses that pass by themselves; both calls are idempotent, so they are safe to send again. */
const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/** Codes of Node.js and axios for a connection that failed. */
const CONNECTION_FAILURES = new Set([
	'ECONNABORTED',
	'ECONNREFUSED',
	'ECONNRESET',
	'EAI_AGAIN',
	'EHOSTUNREACH',
	'ENETDOWN',
	'ENETUNREACH',
	'ENOTFOUND',
	'EPIPE',
	'ERR_BAD_RESPONSE',
	'ETIMEDOUT',
]);

/** Longer waits are left to the user's own schedule. */
export const LONGEST_WAIT_MS = 60_000;

const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 8_000;

/** One answer, as far as the decision to retry needs it. */
export interface Answer {
	/** Names in lower case. */
	headers: Record<string, unknown>;
	/** `error.retry_after` of Linq's error body, in seconds. */
	bodyRetryAfter?: unknown;
}

/** Whether an answer with this status is worth another try. */
export function isRetryableStatus(status: number): boolean {
	return RETRYABLE_STATUS.has(status);
}

/** Whether an answer with this status says that there are too many requests. */
export function isOverload(status: number): boolean {
	return status === 429 || status === 503;
}

/** Whether an error code means that the connection failed, before or during the answer. */
export function isConnectionFailure(code: string): boolean {
	return CONNECTION_FAILURES.has(code);
}

/**
 * How long the server asks to wait, in milliseconds; the longest of what it says, 0 where it says nothing.
 *
 * @param now the time to measure an HTTP date from, in milliseconds since 1970
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function askedWaitMs(answer: Answer, now: number): number {
	const header = answer.headers['retry-after'];
	const date = typeof header === 'string' && /[a-z]/i.test(header) ? Date.parse(header) - now : NaN;
	return Math.max(
		0,
		positive(answer.headers['retry-after-ms']),
		positive(header) * 1_000,
		positive(date),
		positive(answer.bodyRetryAfter) * 1_000,
	);
}

/**
 * How long to wait before a retry when the server says nothing, in milliseconds.
 *
 * @param retry 0 for the first retry
 * @param random between 0 and 1: up to a quarter is added, so that parallel runs do not march in step
 */
export function backoffMs(retry: number, random: number): number {
	return Math.min(FIRST_BACKOFF_MS * 2 ** retry, LONGEST_BACKOFF_MS) * (1 + random / 4);
}

function positive(value: unknown): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && number > 0 ? number : 0;
}
