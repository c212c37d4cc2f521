import type { IHttpRequestOptions } from 'n8n-workflow';
import { AimdLimit } from '../concurrency/aimdLimit';
import { BoundedMap } from '../concurrency/boundedMap';
import type { CircuitBreaker } from '../concurrency/circuitBreaker';
import { KeyedMutex } from '../concurrency/keyedMutex';
import { Permits } from '../concurrency/permits';
import type { FailedRequest, LinqResponse } from '../linq/apiError';
import {
	errorFromConnection,
	errorFromResponse,
	isLinqError,
	isSuccess,
	parseErrorBody,
} from '../linq/apiError';
import { parseApiKey } from '../linq/apiKey';
import { parseBaseUrl } from '../linq/baseUrl';
import { ForwardingWrites } from '../linq/forwardingWrites';
import { LinqError } from '../linq/linqError';
import { PHONE_NUMBERS_URL } from '../linq/phoneNumber';
import { requestSettings } from '../linq/requestSettings';
import {
	backoffMs,
	isRetryableStatus,
	isThrottling,
	MAX_RETRY_AFTER_MS,
	mayBeAppliedDespite,
	retryAfterMs,
} from '../linq/retryPolicy';
import type { Attempt, RequestContext } from './apiRequest';
import { apiRequest, redactApiKey } from './apiRequest';
import { clock } from './clock';
import { CREDENTIAL } from './constants';

/** By then, no unconfirmed update is still to be applied. */
const IDLE_MS = 10 * 60_000;
const MAX_ACCOUNTS = 1_000;

/** Longer waits are logged. */
const LOGGED_WAIT_MS = 5_000;

/** How a request is sent. */
export interface RequestPolicy {
	/** 0 to 10. */
	maxRetries: number;
	/** Aborted when nothing more may be sent: by a LinqError that says why, or by n8n if the execution is canceled. */
	signal: AbortSignal;
	/** Gets the outcome of each attempt. */
	breaker?: CircuitBreaker;
	/** Whether n8n's Request Options apply to it, so that an error may name them. */
	hasRequestOptions?: boolean;
	/** Called when the request is sent for the first time. */
	onSend?: () => void;
	/** Called before each retry, e.g. to remove what an attempt whose response was lost has created. */
	beforeRetry?: () => Promise<unknown>;
}

/**
 * The client of one Linq account (a base URL and an API key) in this n8n process. All executions share its concurrency
 * limit, its pauses, and its mutex for each line. It knows nothing of items.
 */
export class AccountClient {
	/** The tasks of one line run one after the other; by ID in lower case. */
	readonly lineMutex = new KeyedMutex();
	readonly writes = new ForwardingWrites();
	private readonly limit = new AimdLimit();
	private readonly permits = new Permits(() => this.limit.current);

	constructor(private readonly baseURL: string) {}

	get isIdle(): boolean {
		return this.permits.isIdle && this.lineMutex.isIdle;
	}

	/**
	 * Sends a request and retries transient failures. It keeps its permit while it waits for a retry: if Linq is
	 * overloaded, all slow down, and what was throttled goes first.
	 *
	 * @param context has the account's credential
	 * @param action what is being done, to begin an error's message with, e.g. `Could not list the lines`
	 * @returns the first response that is a success, see `isSuccess`
	 * @throws LinqError for any other outcome; it never holds the API key
	 */
	async request(
		context: RequestContext,
		request: IHttpRequestOptions,
		action: string,
		{ maxRetries, signal, breaker, hasRequestOptions = false, onSend, beforeRetry }: RequestPolicy,
	): Promise<LinqResponse> {
		const failed = {
			action,
			isLineRequest: request.url.startsWith(`${PHONE_NUMBERS_URL}/`),
			hasValues: request.method !== 'GET',
			settings: requestSettings(hasRequestOptions),
		};
		if (!(await this.permits.acquire(signal))) throw notSent(signal);
		let mayBeApplied = false;
		try {
			for (let retry = 0; ; retry++) {
				await this.waitForPause(signal);
				if (retry === 0) {
					if (signal.aborted) throw notSent(signal);
					onSend?.();
				}
				const sentAt = clock.now();
				const attempt = await apiRequest(context, { ...request, baseURL: this.baseURL });
				const now = clock.now();
				if (attempt.ok && isSuccess(attempt.response)) {
					if (this.permits.isContended) this.limit.onSuccess();
					breaker?.onSuccess(now);
					return attempt.response;
				}
				const retryable = isRetryable(attempt);
				const pauseMs = requestedPauseMs(attempt);
				const isLongPause = pauseMs > MAX_RETRY_AFTER_MS;
				if (retryable) breaker?.onFailure(sentAt);
				if (retryable && isLongPause) breaker?.onLongPause();
				if (isLoss(attempt) || pauseMs > 0) {
					this.limit.onLoss(sentAt, now, isLongPause ? 0 : pauseMs);
				}
				mayBeApplied ||= mayHaveBeenApplied(attempt);
				const notes = retry > 0 ? [`n8n tried ${retry + 1} times.`] : [];
				const seconds = Math.ceil(pauseMs / 1_000);
				const isLinq = attempt.ok && isLinqError(attempt.response);
				if (retryable && isLongPause) {
					notes.push(
						`${isLinq ? 'Linq' : 'The server'} asked to wait ${seconds} seconds, more than the maximum of ${MAX_RETRY_AFTER_MS / 1_000}.`,
					);
				}
				const fail = async () =>
					await redactApiKey(context, toError(attempt, { ...failed, mayBeApplied, notes }));
				if (!retryable || isLongPause || retry >= maxRetries) throw await fail();
				if (pauseMs >= LOGGED_WAIT_MS) {
					context.logger.info(
						`Linq Phone Numbers: retrying in ${seconds} seconds, as ${isLinq ? 'Linq' : 'the server'} asked`,
					);
				}
				if (pauseMs === 0) await clock.sleep(backoffMs(retry, Math.random()), signal);
				else await this.waitForPause(signal);
				if (signal.aborted) {
					throw signal.reason instanceof LinqError ? await fail() : notSent(signal);
				}
				await beforeRetry?.();
			}
		} finally {
			this.permits.release();
		}
	}

	private async waitForPause(signal: AbortSignal): Promise<void> {
		for (
			let ms = this.limit.pauseMs(clock.now());
			ms > 0 && !signal.aborted;
			ms = this.limit.pauseMs(clock.now())
		) {
			await clock.sleep(ms, signal);
		}
	}
}

/** By base URL and API key. */
const clients = new BoundedMap<string, AccountClient>({
	maxSize: MAX_ACCOUNTS,
	idleMs: IDLE_MS,
	isInUse: (client) => !client.isIdle,
	now: () => clock.now(),
});

/**
 * Returns the client of the account that the context's credential is for. In a run, that is the item's own: n8n
 * evaluates a credential's expressions for each item.
 *
 * @throws LinqError if there is no credential, or its base URL is not valid
 */
export async function getAccountClient(context: RequestContext): Promise<AccountClient> {
	const { baseUrl, apiKey } = await context
		.getCredentials(CREDENTIAL)
		.catch((error: unknown) => Promise.reject(unreadableCredential(error)));
	const parsed = parseBaseUrl(baseUrl);
	const key = JSON.stringify([parsed, parseApiKey(apiKey)]);
	const known = clients.get(key);
	if (known) return known;
	const client = new AccountClient(parsed);
	clients.set(key, client);
	return client;
}

/** Returns the error for a credential that n8n cannot read: none is selected, it was deleted, an expression failed. */
function unreadableCredential(error: unknown): LinqError {
	const reason = error instanceof Error ? error.message : 'unknown reason';
	return new LinqError(`The Linq API credential could not be read: ${reason}`, {
		description: 'Select a Linq API credential in the node, or create one.',
		source: 'credential',
	});
}

/** Returns true if the same request may succeed at another time. */
function isRetryable(attempt: Attempt): boolean {
	return attempt.ok ? isRetryableStatus(attempt.response.statusCode) : !attempt.failure.isLasting;
}

/** Returns true if the attempt lowers the concurrency limit: it was throttled, or its connection failed. */
function isLoss(attempt: Attempt): boolean {
	return !attempt.ok || isThrottling(attempt.response.statusCode);
}

function mayHaveBeenApplied(attempt: Attempt): boolean {
	return attempt.ok ? mayBeAppliedDespite(attempt.response.statusCode) : !attempt.failure.isNotSent;
}

function requestedPauseMs(attempt: Attempt): number {
	if (!attempt.ok) return 0;
	const { headers, body } = attempt.response;
	return retryAfterMs({ headers, bodyRetryAfter: parseErrorBody(body).retryAfter }, Date.now());
}

function toError(attempt: Attempt, request: FailedRequest): LinqError {
	return attempt.ok
		? errorFromResponse(attempt.response, request)
		: errorFromConnection(attempt.failure, request);
}

/** Returns the error for a request that was not sent. */
function notSent({ reason }: AbortSignal): LinqError {
	if (reason instanceof LinqError) {
		const { description, ...details } = reason.details;
		return new LinqError(`Not sent: ${details.reason ?? reason.message}`, {
			...details,
			description: `An earlier item failed, and the run gave up. ${description}`,
			mayBeApplied: false,
		});
	}
	// "canceled" in the message tells n8n-core's workflow-execute.ts that it is no failure.
	return new LinqError('Not sent: the execution was canceled', {
		description: 'Run the workflow again for what was not sent.',
		source: 'n8n',
	});
}
