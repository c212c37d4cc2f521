import type { ErrorSource } from './linqError';
import { LinqError } from './linqError';
import { isRecord } from './isRecord';
import { isRetryableStatus } from './retryPolicy';

/** A response of the API, with its body parsed if it is JSON. */
export interface LinqResponse {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: unknown;
}

/** What was being done when a request failed. */
export interface FailedRequest {
	/** To begin the message with, e.g. `Could not list the lines`. */
	action: string;
	/** Whether a line was asked for, which may not exist. */
	isLineRequest: boolean;
	/** Whether Linq may have done what was asked for, by this request or one before it. */
	mayBeApplied: boolean;
	/** Further sentences, e.g. how often it was tried. */
	notes: string[];
}

/** Linq's error object. See https://docs.linqapp.com/error */
interface ApiErrorBody {
	code?: number;
	message?: string;
	docUrl?: string;
	retryAfter?: unknown;
	traceId?: string;
}

/** Parses what is there of `{ error: { code, message, doc_url, retry_after }, trace_id }`. */
export function parseErrorBody(body: unknown): ApiErrorBody {
	const error = field(body, 'error');
	const code = field(error, 'code');
	return {
		code: typeof code === 'number' ? code : undefined,
		message: text(field(error, 'message')),
		docUrl: text(field(error, 'doc_url')),
		retryAfter: field(error, 'retry_after'),
		traceId: text(field(body, 'trace_id')),
	};
}

/** Returns the words for a response that is no success. */
export function errorFromResponse(
	response: LinqResponse,
	{ action, isLineRequest, mayBeApplied, notes }: FailedRequest,
): LinqError {
	const { statusCode } = response;
	const { code, message, docUrl, traceId: bodyTraceId } = parseErrorBody(response.body);
	const traceId = bodyTraceId ?? text(response.headers['x-trace-id']);
	const reason = message ?? defaultMessage(response);
	const description = [
		remedyFor(statusCode, isLineRequest),
		...notes,
		`Linq answered with HTTP ${statusCode}${code === undefined ? '' : `, code ${code}`}.`,
		docUrl && `More: ${docUrl}`,
		traceId && `Trace ID for Linq's support: ${traceId}`,
	];
	return new LinqError(`${action}: ${reason}`, {
		description: description.filter(Boolean).join(' '),
		source: sourceOf(statusCode, isLineRequest && code !== undefined),
		reason,
		retryable: isRetryableStatus(statusCode),
		mayBeApplied,
		httpStatus: statusCode,
		code,
		docUrl,
		traceId,
	});
}

/**
 * Returns the words for a connection that failed.
 *
 * @param code Node's or axios' code, e.g. `ECONNRESET`
 */
export function errorFromConnection(
	code: string,
	{ action, mayBeApplied, notes }: FailedRequest,
): LinqError {
	const reason = CONNECTION_WORDS[code] ?? 'Linq sent no complete response';
	return new LinqError(`${action}: ${reason}`, {
		description: [
			'Check the base URL in the Linq API credential and the network that n8n runs in, then try again.',
			...notes,
			`(${code})`,
		].join(' '),
		source: 'network',
		reason,
		retryable: true,
		mayBeApplied,
	});
}

const CONNECTION_WORDS: Partial<Record<string, string>> = {
	ECONNABORTED: 'Linq did not answer in time',
	ETIMEDOUT: 'Linq did not answer in time',
	ECONNREFUSED: 'the server refused the connection',
	ECONNRESET: 'the connection was lost before the response was complete',
	EAI_AGAIN: 'the host name could not be looked up',
	ENOTFOUND: 'the host name does not exist',
};

/** A 404 that is not Linq's about a line means that the base URL leads elsewhere. */
function sourceOf(status: number, isAboutLine: boolean): ErrorSource {
	if (status === 408 || status === 429 || status >= 500) return 'linq';
	if (status < 400 || status === 401 || status === 403) return 'credential';
	return status === 404 && !isAboutLine ? 'credential' : 'input';
}

function remedyFor(status: number, isLineRequest: boolean): string {
	if (status >= 300 && status < 400) {
		return 'Redirects are not followed, so that the API key is only sent to its own host. Set the base URL in the Linq API credential to the final address.';
	}
	switch (status) {
		case 401:
			return 'Check the API key in the Linq API credential.';
		case 403:
			return isLineRequest
				? 'The API key may not do this. Check that the line belongs to this Linq account.'
				: 'The API key may not do this. Ask whoever manages the Linq account.';
		case 404:
			return isLineRequest
				? 'Check that the line is in this Linq account (operation List shows them) and the base URL in the credential.'
				: 'Check the base URL in the Linq API credential.';
		case 429:
			return 'Linq limits the rate of requests. Try again later, or with fewer items at a time.';
	}
	if (isRetryableStatus(status)) {
		return 'This is a server error at Linq or on the way to it. Try again later.';
	}
	return status >= 500
		? 'The server cannot do this. Check the base URL in the Linq API credential.'
		: 'Check the values sent.';
}

function defaultMessage({ statusCode, headers }: LinqResponse): string {
	if (statusCode >= 300 && statusCode < 400) return 'the base URL responded with a redirect';
	return /html/i.test(String(headers['content-type']))
		? 'received a web page instead of an API response'
		: 'the API gave no reason';
}

function field(value: unknown, name: string): unknown {
	return isRecord(value) ? value[name] : undefined;
}

function text(value: unknown): string | undefined {
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
