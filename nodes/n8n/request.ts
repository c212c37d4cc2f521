import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecuteSingleFunctions,
	IHookFunctions,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import type { LinqResponse } from '../linq/apiError';
import { errorFromConnection, errorFromResponse, readErrorBody } from '../linq/apiError';
import { readBaseUrl } from '../linq/baseUrl';
import { LinqError } from '../linq/linqError';
import { PHONE_NUMBERS_URL } from '../linq/phoneNumber';
import { isRecord } from '../linq/record';
import {
	askedWaitMs,
	backoffMs,
	isConnectionFailure,
	isOverload,
	isRetryableStatus,
	LONGEST_WAIT_MS,
} from '../linq/retryPolicy';
import { clock } from './clock';
import { CREDENTIAL } from './credential';

/** n8n waits five minutes by default; Linq's own SDK gives a request one. */
export const DEFAULT_TIMEOUT_MS = 60_000;

export type RequestContext =
	IExecuteSingleFunctions | ILoadOptionsFunctions | IHookFunctions | IWebhookFunctions;

export interface LinqRequest extends Pick<IHttpRequestOptions, 'method' | 'url'> {
	body?: IDataObject;
}

/**
 * What n8n's engine has made of an operation's `routing.request` and of its own Request Options, to be sent as it
 * is. The credential's list of domains is left out: it limits where else the key may go, and this package sends it
 * to the credential's own host alone.
 */
export function declaredRequest(
	request: DeclarativeRestApiSettings.HttpRequestOptions,
): IHttpRequestOptions {
	const { url, skipSslCertificateValidation } = request;
	if (url === undefined) throw new Error('The operation declares no request');
	return {
		...request,
		url,
		skipSslCertificateValidation: skipSslCertificateValidation === true,
		allowedDomains: undefined,
	};
}

/** How often and with what pauses a request is tried again. */
export interface Pacing {
	/** 0 to 10. */
	maxRetries: number;
	/** Pauses before the next try; rejects when it must not be sent any more. */
	wait(ms: number): Promise<void>;
	/**
	 * Told how an answer bears on the pace of all requests.
	 *
	 * @param went `badly` where there were too many requests, no answer came, or a pause was asked for
	 * @param sentAt in milliseconds since 1970
	 * @param askedMs how long Linq asks to wait, 0 where it does not say
	 */
	note?(went: 'well' | 'badly', sentAt: number, askedMs: number): void;
}

/**
 * The one way out to the API: sends a request with the credential's key and retries what passes by itself.
 *
 * @param request with the credential's base URL
 * @param doing what is being done, to begin an error's message with, e.g. `Could not list the lines`
 * @returns the first answer that is a success (2xx)
 * @throws LinqError for any other outcome; it never holds the API key
 */
export async function linqRequest(
	context: RequestContext,
	request: IHttpRequestOptions & { baseURL: string },
	doing: string,
	pacing: Pacing,
): Promise<LinqResponse> {
	const options = {
		...request,
		json: true,
		returnFullResponse: true,
		// n8n would send a 401 a second time, and throw away what Linq says about other errors.
		ignoreHttpStatusErrors: true,
		// n8n sends the key along to wherever a redirect points.
		disableFollowRedirect: true,
	};

	for (let retry = 0; ; retry++) {
		const sentAt = clock.now();
		const outcome = await attempt(context, options);
		if (typeof outcome !== 'string' && outcome.statusCode >= 200 && outcome.statusCode < 300) {
			pacing.note?.('well', sentAt, 0);
			return outcome;
		}
		const asked = typeof outcome === 'string' ? 0 : askedFor(outcome);
		if (typeof outcome === 'string' || isOverload(outcome.statusCode) || asked > 0) {
			pacing.note?.('badly', sentAt, asked);
		}
		const passes = typeof outcome === 'string' || isRetryableStatus(outcome.statusCode);
		if (!passes || retry >= pacing.maxRetries || asked > LONGEST_WAIT_MS) {
			const notes: string[] = [];
			if (retry > 0) notes.push(`It was tried ${retry + 1} times.`);
			if (passes && asked > LONGEST_WAIT_MS) {
				notes.push(
					`Linq asked to wait ${Math.ceil(asked / 1_000)} seconds, longer than a run waits (${LONGEST_WAIT_MS / 1_000} seconds).`,
				);
			}
			const error =
				typeof outcome === 'string'
					? errorFromConnection(outcome, doing, notes)
					: errorFromResponse(outcome, doing, isOfLine(request), notes);
			throw await withoutKey(context, error);
		}
		await pacing.wait(asked || backoffMs(retry, Math.random()));
	}
}

/**
 * A request that belongs to no run: from the editor, or when a workflow is activated.
 *
 * @param beforeRetry what must be put right before the next try
 * @throws LinqError as `linqRequest` does
 */
export async function requestAlone(
	context: RequestContext,
	request: LinqRequest,
	doing: string,
	{ maxRetries, beforeRetry }: { maxRetries: number; beforeRetry?: () => Promise<unknown> },
): Promise<LinqResponse> {
	const baseURL = await readCredentialBaseUrl(context);
	return await linqRequest(context, { ...request, baseURL, timeout: DEFAULT_TIMEOUT_MS }, doing, {
		maxRetries,
		wait: async (ms) => {
			await clock.sleep(ms);
			await beforeRetry?.();
		},
	});
}

/** The base URL of the node's credential. Throws a LinqError where it is no web address. */
export async function readCredentialBaseUrl(context: RequestContext): Promise<string> {
	const { baseUrl } = await context.getCredentials(CREDENTIAL);
	return readBaseUrl(baseUrl);
}

/** Sends once. Answers the response, or the code of a connection failure. */
async function attempt(
	context: RequestContext,
	options: IHttpRequestOptions,
): Promise<LinqResponse | string> {
	try {
		// A copy, for n8n writes into the options it is given.
		const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			CREDENTIAL,
			{ ...options },
		);
		if (isResponse(response)) return response;
		throw new Error('n8n gave no response');
	} catch (error) {
		const code = connectionFailure(error);
		if (code !== undefined) return code;
		// Not the network's doing: the credential is missing, or its key is no header.
		const reason = error instanceof Error ? error.message : 'unknown reason';
		throw await withoutKey(
			context,
			new LinqError(`The request to Linq could not be sent: ${reason}`, {
				description: 'Check the API key and the base URL in the Linq API credential.',
				fault: 'credential',
			}),
		);
	}
}

function isResponse(value: unknown): value is LinqResponse {
	return isRecord(value) && typeof value.statusCode === 'number' && isRecord(value.headers);
}

/** The code of a connection failure, which n8n wraps in errors of its own; older ones drop the cause and keep its code. */
function connectionFailure(error: unknown): string | undefined {
	for (let cause = error; cause instanceof Error; cause = cause.cause) {
		const codes = [
			'code' in cause ? cause.code : undefined,
			'httpCode' in cause ? cause.httpCode : undefined,
		];
		const found = codes.find((code) => typeof code === 'string' && isConnectionFailure(code));
		if (typeof found === 'string') return found;
		// No status is an error here, so the response began and was cut off.
		if (codes.some((code) => typeof code === 'string' && /^\d{3}$/.test(code))) return 'ECONNRESET';
	}
	return undefined;
}

/** Whether it asks for one line, which may not be there. */
function isOfLine({ url }: IHttpRequestOptions): boolean {
	return url.startsWith(`${PHONE_NUMBERS_URL}/`);
}

function askedFor({ headers, body }: LinqResponse): number {
	const bodyRetryAfter = isRecord(body) ? readErrorBody(body).retryAfter : undefined;
	return askedWaitMs({ headers, bodyRetryAfter }, clock.now());
}

/** A proxy may quote the request it refuses: takes the key out of what it says. */
async function withoutKey(context: RequestContext, error: LinqError): Promise<LinqError> {
	const { apiKey } = await context.getCredentials(CREDENTIAL);
	const key = typeof apiKey === 'string' ? apiKey.trim() : '';
	if (key === '') return error;
	const clean = (text: string) => text.replaceAll(key, '***');
	const { description, docUrl, traceId, ...rest } = error.details;
	return new LinqError(clean(error.message), {
		...rest,
		description: clean(description),
		docUrl: docUrl && clean(docUrl),
		traceId: traceId && clean(traceId),
	});
}
