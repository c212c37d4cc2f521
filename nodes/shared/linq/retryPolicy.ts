/** Transient statuses. All requests are idempotent, so they are safe to send again. */
const RETRYABLE_STATUS = new Set([408, 429, 500, 502, 503, 504]);

/** Longer waits are left to the user's own schedule: a run gives up instead. */
export const MAX_RETRY_AFTER_MS = 60_000;

const BASE_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;

/** What a response says about a retry. */
export interface RetryHints {
	/** Names in lower case. */
	headers: Record<string, unknown>;
	/** `error.retry_after` of Linq's error body, in seconds. */
	bodyRetryAfter?: unknown;
}

/** Returns true if Linq may have applied a request although a response with this status does not confirm it. */
export function mayBeAppliedDespite(status: number): boolean {
	return status < 300 || status === 408 || status >= 500;
}

/** Returns true if a response with this status is worth a retry. */
export function isRetryableStatus(status: number): boolean {
	return RETRYABLE_STATUS.has(status);
}

/** Returns true if this status says that there are too many requests. */
export function isThrottling(status: number): boolean {
	return status === 429 || status === 503;
}

/**
 * Returns how long the server asks to wait, in milliseconds: the longest value it gives, 0 if it gives none.
 *
 * @param now the time to measure an HTTP date from, in milliseconds since 1970
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMs(hints: RetryHints, now: number): number {
	const header = hints.headers['retry-after'];
	const date = typeof header === 'string' && /[a-z]/i.test(header) ? Date.parse(header) - now : NaN;
	return Math.max(
		0,
		positive(hints.headers['retry-after-ms']),
		positive(header) * 1_000,
		positive(date),
		positive(hints.bodyRetryAfter) * 1_000,
	);
}

/**
 * Returns how long to wait before a retry if the server does not say, in milliseconds.
 *
 * @param retry 0 for the first retry
 * @param random between 0 and 1: up to 25% jitter
 */
export function backoffMs(retry: number, random: number): number {
	return Math.min(BASE_BACKOFF_MS * 2 ** retry, MAX_BACKOFF_MS) * (1 + random / 4);
}

function positive(value: unknown): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' && number > 0 ? number : 0;
}
