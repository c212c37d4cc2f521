import type {
	IExecuteSingleFunctions,
	IHookFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { LinqResponse } from '../linq/apiError';
import { parseApiKey } from '../linq/apiKey';
import type { ConnectionFailure } from '../linq/connectionFailure';
import {
	connectionFailure,
	PROXY_HUNG_UP,
	RESPONSE_BROKEN,
	TLS_HUNG_UP,
} from '../linq/connectionFailure';
import { isRecord } from '../linq/isRecord';
import { LinqError } from '../linq/linqError';
import { CREDENTIAL } from './constants';

/** As in Linq's own SDK; n8n's default is five minutes. */
export const DEFAULT_TIMEOUT_MS = 60_000;

export type RequestContext =
	| IExecuteSingleFunctions
	| ILoadOptionsFunctions
	| IHookFunctions
	| IPollFunctions
	| IWebhookFunctions;

/** The outcome of a request: a response, or a connection that failed. */
export type Attempt =
	{ ok: true; response: LinqResponse } | { ok: false; failure: ConnectionFailure };

/** How messages of Node.js and https-proxy-agent begin, for failures whose code says less or that have none. */
const MESSAGES: Array<[beginning: string, code: string]> = [
	['Proxy connection ended', PROXY_HUNG_UP],
	['Client network socket disconnected before secure TLS connection', TLS_HUNG_UP],
];

/**
 * Sends a request once, with the API key of the context's credential: the only place that sends anything to Linq.
 *
 * @throws LinqError if the execution is canceled meanwhile, or n8n fails at it
 */
export async function apiRequest(
	context: RequestContext,
	request: IHttpRequestOptions & { baseURL: string },
): Promise<Attempt> {
	const options = {
		...request,
		json: true,
		returnFullResponse: true,
		// Else n8n-core's authentication.ts sends a 401 a second time, and drops what Linq says about other errors.
		ignoreHttpStatusErrors: true,
		// n8n sends the key along to wherever a redirect points.
		disableFollowRedirect: true,
	};
	try {
		const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			CREDENTIAL,
			options,
		);
		if (isResponse(response)) return { ok: true, response };
		throw new Error('n8n gave no response');
	} catch (error) {
		const failure = failureOf(error);
		if (failure) return { ok: false, failure };
		if (codesOf(causesOf(error)).includes('ERR_CANCELED')) throw canceledInFlight();
		const reason = error instanceof Error ? error.message : 'unknown reason';
		throw await redactApiKey(
			context,
			new LinqError(`n8n failed at the request to Linq: ${reason}`, {
				description:
					'Check the API key and the base URL in the Linq API credential, and the proxy if there is one. Linq may have received the request.',
				source: 'n8n',
				mayBeApplied: true,
			}),
		);
	}
}

/** Redacts the API key in an error: a proxy may quote the request that it rejects. */
export async function redactApiKey(context: RequestContext, error: LinqError): Promise<LinqError> {
	const { apiKey } = await context.getCredentials(CREDENTIAL);
	const key = parseApiKey(apiKey);
	if (key === '') return error;
	const redact = (text: string) => text.replaceAll(key, '***');
	const { description, reason, docUrl, traceId, ...rest } = error.details;
	return new LinqError(redact(error.message), {
		...rest,
		description: redact(description),
		reason: reason && redact(reason),
		docUrl: docUrl && redact(docUrl),
		traceId: traceId && redact(traceId),
	});
}

function isResponse(value: unknown): value is LinqResponse {
	return isRecord(value) && typeof value.statusCode === 'number' && isRecord(value.headers);
}

/** Returns the error for a request that n8n aborted. "canceled" tells workflow-execute.ts that it is no failure. */
function canceledInFlight(): LinqError {
	return new LinqError('Not confirmed: the execution was canceled', {
		description:
			'The request was in flight, so Linq may have received it. List the lines to see what is set now.',
		source: 'n8n',
		mayBeApplied: true,
	});
}

/**
 * Returns how a connection failed, undefined if something else did. n8n-core's request-helpers/authentication.ts wraps
 * the error in others; n8n 1's request-helper-functions.ts drops the cause, and keeps its code and its messages.
 */
function failureOf(error: unknown): ConnectionFailure | undefined {
	const causes = causesOf(error);
	const messages = causes.flatMap(messagesOf);
	const known = MESSAGES.find(([beginning]) => messages.some((one) => one.startsWith(beginning)));
	if (known) return connectionFailure(known[1]);
	const codes = codesOf(causes);
	for (const code of codes) {
		const failure = connectionFailure(code);
		if (failure) return failure;
	}
	// With `ignoreHttpStatusErrors`, a status as the code means that the response could not be read to its end.
	return codes.some((code) => /^\d{3}$/.test(code))
		? connectionFailure(RESPONSE_BROKEN)
		: undefined;
}

/** Returns an error and its causes, the outermost first. */
function causesOf(error: unknown): Error[] {
	return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function codesOf(causes: Error[]): string[] {
	return causes
		.flatMap((cause) => [
			'code' in cause ? cause.code : undefined,
			'httpCode' in cause ? cause.httpCode : undefined,
		])
		.filter((code) => typeof code === 'string');
}

/** Returns an error's message, and those that n8n-workflow's node.error.ts has replaced with its own. */
function messagesOf(error: Error): string[] {
	const replaced: unknown[] =
		'messages' in error && Array.isArray(error.messages) ? error.messages : [];
	return [error.message, ...replaced.filter((one) => typeof one === 'string')];
}
