import type { ConnectionFailure } from './connectionFailure';
import type { ErrorSource } from './linqError';
import { LinqError } from './linqError';
import { isRecord } from './isRecord';
import type { RequestSettings } from './requestSettings';
import { isRetryableStatus } from './retryPolicy';

/** A response of the API, with its body parsed if it is JSON. */
export interface LinqResponse {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: unknown;
}

const CHECK_KEY = 'Check the API key in the Linq API credential.';
const CHECK_BASE_URL = 'Check the base URL in the Linq API credential.';
const UNCONFIRMED = 'Linq may have applied the update anyway: List shows where calls go.';
const NO_REDIRECTS =
	'Redirects are not followed, so that the API key is only sent to its own host. Set the base URL in the Linq API credential to the final address.';

/** What was being done when a request failed. */
export interface FailedRequest {
	/** To begin the message with, e.g. `Could not list the lines`. */
	action: string;
	/** Whether it was for one line, which may not exist. */
	isLineRequest: boolean;
	/** Whether it sent values of the user's, which may be wrong. */
	hasValues: boolean;
	/** Whether Linq may have applied this attempt or one before it. */
	mayBeApplied: boolean;
	/** The words for the settings of the request. */
	settings: RequestSettings;
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

/** Parses the fields present of `{ error: { code, message, doc_url, retry_after }, trace_id }`. */
export function parseErrorBody(body: unknown): ApiErrorBody {
	const error = field(body, 'error');
	const code = field(error, 'code');
	return {
		// Linq's have four digits; other servers repeat the HTTP status here.
		code: typeof code === 'number' && code >= 1_000 ? code : undefined,
		message: text(field(error, 'message')),
		docUrl: text(field(error, 'doc_url')),
		retryAfter: field(error, 'retry_after'),
		traceId: text(field(body, 'trace_id')),
	};
}

/**
 * Returns true if a response may be the requested data. Text is not, e.g. a firewall's login page: n8n parses all JSON.
 */
export function isSuccess({ statusCode, body }: LinqResponse): boolean {
	return statusCode >= 200 && statusCode < 300 && text(body) === undefined;
}

/** Returns true if a response has Linq's error body. Any other may come from something on the way, e.g. a proxy. */
export function isLinqError({ body }: LinqResponse): boolean {
	return parseErrorBody(body).code !== undefined;
}

/** Returns the error for a response that is not a success. */
export function errorFromResponse(response: LinqResponse, request: FailedRequest): LinqError {
	const { action, mayBeApplied } = request;
	const { statusCode } = response;
	const { code, message, docUrl, traceId: bodyTraceId } = parseErrorBody(response.body);
	const traceId = bodyTraceId ?? text(response.headers['x-trace-id']);
	const reason = message ?? defaultMessage(response);
	const isLinq = isLinqError(response);
	const description = [
		unconfirmed(request),
		isLinq ? linqRemedy(statusCode, request) : otherRemedy(statusCode, request),
		...request.notes,
		isLinq ? `Linq responded with HTTP ${statusCode}, code ${code}.` : `HTTP ${statusCode}.`,
		docUrl && `More: ${docUrl}`,
		traceId && `Trace ID for Linq's support: ${traceId}`,
	];
	return new LinqError(`${action}: ${reason}`, {
		description: description.filter(Boolean).join(' '),
		source: isLinq ? linqSource(statusCode, request) : otherSource(statusCode),
		reason,
		retryable: isRetryableStatus(statusCode),
		mayBeApplied,
		httpStatus: statusCode,
		code,
		docUrl,
		traceId,
	});
}

/** Returns the error for a connection that failed. */
export function errorFromConnection(
	{ code, reason, remedy, isLasting }: ConnectionFailure,
	request: FailedRequest,
): LinqError {
	const { action, mayBeApplied, settings, notes } = request;
	const description = [unconfirmed(request), remedy(settings).trim(), ...notes, `(${code})`];
	return new LinqError(`${action}: ${reason}`, {
		description: description.filter(Boolean).join(' '),
		source: 'network',
		reason,
		retryable: isLasting !== true,
		mayBeApplied,
	});
}

/** Returns a sentence about an update that is unconfirmed. */
function unconfirmed({ isLineRequest, mayBeApplied }: FailedRequest): string {
	return isLineRequest && mayBeApplied ? UNCONFIRMED : '';
}

function linqSource(status: number, { isLineRequest, hasValues }: FailedRequest): ErrorSource {
	if (status === 408 || status === 429 || status >= 500) return 'linq';
	if (isRedirect(status) || status === 401 || status === 403) return 'credential';
	if (status === 404 && !isLineRequest) return 'credential';
	return hasValues ? 'input' : 'linq';
}

/** Returns the source of a response that is not Linq's. A redirect or a 404 means that the base URL leads elsewhere. */
function otherSource(status: number): ErrorSource {
	return isRedirect(status) || status === 401 || status === 404 ? 'credential' : 'network';
}

/** Returns what to do about Linq's own error. */
function linqRemedy(status: number, { isLineRequest, hasValues }: FailedRequest): string {
	switch (status) {
		case 401:
			return CHECK_KEY;
		case 403:
			return isLineRequest
				? 'The API key has no permission for this. Check that the line belongs to this Linq account.'
				: 'The API key has no permission for this. Ask whoever manages the Linq account.';
		case 404:
			return isLineRequest
				? 'Check that the line is in this Linq account (List shows them) and the base URL in the credential.'
				: CHECK_BASE_URL;
		case 429:
			return 'Linq limits the rate of requests. Try again later, or with fewer items at a time.';
	}
	if (isRedirect(status)) return NO_REDIRECTS;
	if (isRetryableStatus(status)) return 'This is a server error at Linq. Try again later.';
	if (status >= 500) return `The server cannot do this. ${CHECK_BASE_URL}`;
	return hasValues
		? 'Check the values sent.'
		: `Nothing that you entered was sent. ${CHECK_BASE_URL} If it is right, report this to Linq.`;
}

/** Returns what to do about a response without Linq's error body. */
function otherRemedy(status: number, { settings: { proxy } }: FailedRequest): string {
	switch (status) {
		case 401:
			return CHECK_KEY;
		case 403:
			return `This response is not from Linq's API: a firewall or a proxy may have refused the request. Ask whoever manages the network that n8n runs in. Check also ${proxy} and the base URL in the Linq API credential.`;
		case 404:
			return `${CHECK_BASE_URL} This response is not from Linq's API.`;
		case 407:
			return `Check ${proxy}: its URL must contain both, e.g. http://user:password@host:port.`;
		case 429:
			return 'Linq or something on the way to it limits the rate of requests. Try again later, or with fewer items at a time.';
	}
	if (isRedirect(status)) return NO_REDIRECTS;
	return isRetryableStatus(status)
		? 'This is a server error at Linq or on the way to it, e.g. at a proxy. Try again later.'
		: `This response is not from Linq's API: a proxy or a firewall may have sent it, or the base URL leads elsewhere. Check ${proxy} and the base URL in the Linq API credential, including http or https.`;
}

function defaultMessage({ statusCode, headers, body }: LinqResponse): string {
	if (isRedirect(statusCode)) return 'the base URL responded with a redirect';
	if (statusCode === 407) return 'a proxy requires a user name and a password';
	if (/html/i.test(String(headers['content-type'])) || /^\s*</.test(text(body) ?? '')) {
		return 'received a web page instead of an API response';
	}
	return statusCode < 300 ? 'the response is not JSON' : 'the response gives no reason';
}

function isRedirect(status: number): boolean {
	return status >= 300 && status < 400;
}

function field(value: unknown, name: string): unknown {
	return isRecord(value) ? value[name] : undefined;
}

function text(value: unknown): string | undefined {
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
