import type { Fault } from './linqError';
import { LinqError } from './linqError';
import { isRecord } from './record';

/** An answer of the API, with its body parsed where it is JSON. */
export interface LinqResponse {
	statusCode: number;
	/** Names in lower case. */
	headers: Record<string, unknown>;
	body: unknown;
}

/** Linq's error object. See https://docs.linqapp.com/error */
interface ApiErrorBody {
	code?: number;
	message?: string;
	docUrl?: string;
	retryAfter?: unknown;
	traceId?: string;
}

/** Reads what is there of `{ error: { code, message, doc_url, retry_after }, trace_id }`. */
export function readErrorBody(body: unknown): ApiErrorBody {
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

/**
 * Turns an answer that is no success into words for the user.
 *
 * @param doing what failed, e.g. `Could not list the lines`
 * @param ofLine whether a line was asked for, which may not be there
 * @param notes further sentences, e.g. how often it was tried
 */
export function errorFromResponse(
	response: LinqResponse,
	doing: string,
	ofLine: boolean,
	notes: string[],
): LinqError {
	const { statusCode } = response;
	const { code, message, docUrl, traceId: bodyTraceId } = readErrorBody(response.body);
	const traceId = bodyTraceId ?? text(response.headers['x-trace-id']);
	const fault = faultOf(statusCode, ofLine && code !== undefined);
	const description = [
		whatToDo(statusCode, ofLine),
		...notes,
		`Linq answered with HTTP ${statusCode}${code === undefined ? '' : `, code ${code}`}.`,
		docUrl && `More: ${docUrl}`,
		traceId && `Trace ID for Linq's support: ${traceId}`,
	];
	return new LinqError(`${doing}: ${message ?? withoutMessage(response)}`, {
		description: description.filter(Boolean).join(' '),
		fault,
		tryAgain: fault === 'linq',
		httpCode: String(statusCode),
		code,
		docUrl,
		traceId,
	});
}

/**
 * Turns a connection that failed into words for the user.
 *
 * @param code Node's or axios' code, e.g. `ECONNRESET`
 */
export function errorFromConnection(code: string, doing: string, notes: string[]): LinqError {
	return new LinqError(`${doing}: ${CONNECTION_WORDS[code] ?? 'no whole answer came from Linq'}`, {
		description: [
			'Check the base URL in the Linq API credential and the network that n8n runs in, then try again.',
			...notes,
			`(${code})`,
		].join(' '),
		fault: 'linq',
		tryAgain: true,
	});
}

const CONNECTION_WORDS: Partial<Record<string, string>> = {
	ECONNABORTED: 'Linq did not answer in time',
	ETIMEDOUT: 'Linq did not answer in time',
	ECONNREFUSED: 'the server refused the connection',
	ECONNRESET: 'the connection was lost before the answer was complete',
	EAI_AGAIN: 'the host name could not be looked up',
	ENOTFOUND: 'the host name does not exist',
};

/** Where an answer puts the failure. A 404 that is not Linq's about a line means that the base URL leads elsewhere. */
function faultOf(status: number, ofLine: boolean): Fault {
	if (status === 408 || status === 429 || status >= 500) return 'linq';
	if (status < 400 || status === 401 || status === 403) return 'credential';
	return status === 404 && !ofLine ? 'credential' : 'input';
}

function whatToDo(status: number, ofLine: boolean): string {
	if (status >= 300 && status < 400) {
		return 'Redirects are not followed, so that the API key goes to its own host alone. Set the base URL in the Linq API credential to the final address.';
	}
	switch (status) {
		case 401:
			return 'Check the API key in the Linq API credential.';
		case 403:
			return ofLine
				? 'The API key may not do this. Check that the line belongs to this Linq account.'
				: 'The API key may not do this. Ask whoever manages the Linq account.';
		case 404:
			return ofLine
				? 'Check that the line is in this Linq account (operation List shows them) and the base URL in the credential.'
				: 'Check the base URL in the Linq API credential.';
		case 429:
			return 'Linq limits the rate of requests. Try again later, or with fewer items at a time.';
	}
	return status === 408 || status >= 500
		? 'This is a fault at Linq or on the way to it. Try again later.'
		: 'Check the values sent.';
}

function withoutMessage({ statusCode, headers }: LinqResponse): string {
	if (statusCode >= 300 && statusCode < 400) return 'the base URL answered with a redirect';
	return /html/i.test(String(headers['content-type']))
		? 'a web page came back instead of an answer of the API'
		: 'the API gave no reason';
}

function field(value: unknown, name: string): unknown {
	return isRecord(value) ? value[name] : undefined;
}

function text(value: unknown): string | undefined {
	return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}
