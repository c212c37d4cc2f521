import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';
import { CircuitBreaker } from '../shared/concurrency/circuitBreaker';
import type { LinqResponse } from '../shared/linq/apiError';
import type { ForwardingWrites } from '../shared/linq/forwardingWrites';
import { LinqError } from '../shared/linq/linqError';
import type { AccountClient } from '../shared/n8n/accountClient';
import { clock } from '../shared/n8n/clock';
import { LineState } from './lineState';
import type { RetryOptions } from './retryOptions';

/** One run's use of one account: sends requests until it gives up on the account, and keeps the order of updates. */
export class AccountRun {
	readonly lines: LineState;
	private readonly breaker = new CircuitBreaker();
	private readonly giveUp = new AbortController();
	private readonly signal: AbortSignal;
	private readonly aborted: Promise<unknown>;
	/** Resolves when every item so far has joined its line's queue. */
	private queued: Promise<unknown> = Promise.resolve();

	/** @param run aborted when the run sends nothing more */
	constructor(
		private readonly client: AccountClient,
		run: AbortSignal,
	) {
		this.lines = new LineState(this);
		this.signal = AbortSignal.any([run, this.giveUp.signal]);
		this.aborted = new Promise((resolve) => {
			if (this.signal.aborted) resolve(undefined);
			else this.signal.addEventListener('abort', resolve, { once: true });
		});
	}

	/** The updates that this n8n process has sent to the account's lines. */
	get writes(): ForwardingWrites {
		return this.client.writes;
	}

	/**
	 * Sends a request with the item's options, and gives up on the account if Linq stays out of reach.
	 *
	 * @param context the item's
	 * @param onSend called just before the first attempt
	 * @throws LinqError as `AccountClient.request` does
	 */
	async send(
		context: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
		action: string,
		{ maxRetries, timeout }: RetryOptions,
		onSend?: () => void,
	): Promise<LinqResponse> {
		const { signal, breaker } = this;
		const response = this.client.request(context, { ...request, timeout }, action, {
			maxRetries,
			signal,
			breaker,
			hasRequestOptions: true,
			onSend,
		});
		response.catch((error: unknown) => {
			const isTransient = error instanceof LinqError && error.details.retryable === true;
			if (isTransient && breaker.mustGiveUp(clock.now())) this.giveUp.abort(error);
		});
		return await response;
	}

	/**
	 * Runs a task for a line after those of earlier items and executions for the same line, however they name it: the
	 * last item wins, and no retry undoes a newer change.
	 *
	 * @param lineId resolves to the line's ID, which may take a request
	 */
	async runInLineOrder<T>(
		lineId: Promise<string>,
		task: (lineId: string) => Promise<T>,
	): Promise<T> {
		const queued = this.queued.then(async () => {
			const id = await lineId;
			const result = this.client.lineMutex.runExclusive(
				id.toLowerCase(),
				async () => await task(id),
				this.aborted,
			);
			// Wrapped in an object: the next item waits until this one is queued, not until it is done.
			return { result };
		});
		// It may be rejected while earlier items are still being queued.
		lineId.catch(() => undefined);
		this.queued = queued.catch(() => undefined);
		return await (
			await queued
		).result;
	}
}
