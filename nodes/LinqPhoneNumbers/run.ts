import type {
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	NodeApiError,
} from 'n8n-workflow';
import type { AccountLines } from '../linq/accountLines';
import type { LinqResponse } from '../linq/apiError';
import { LONGEST_WAIT_MS } from '../linq/retryPolicy';
import { LinqError } from '../linq/linqError';
import { clock } from '../n8n/clock';
import { asLinqError, nodeApiError } from '../n8n/nodeApiError';
import { linqRequest, readCredentialBaseUrl } from '../n8n/request';
import { inTurn } from '../n8n/turns';
import { Account } from './account';
import { Pace } from './pace';
import type { RequestSettings } from './requestSettings';

/** Waits from here on are worth a line in n8n's log. */
const LOGGED_WAIT_MS = 5_000;

/** What is done with one item of a run. */
export interface ItemWork<P> {
	/** Checks the item's parameters. */
	read: () => P;
	/** Does what they ask for, and answers the item's output. */
	act: (parameters: P) => Promise<INodeExecutionData[]>;
	/** What a failed item is about, for the error's reader: e.g. the line. */
	about?: () => { line: string };
	/** Whether the items change lines, so that a run that stops has to tell which it has changed. */
	changesLines: boolean;
}

const runs = new WeakMap<object, Run>();

/**
 * The run that an item belongs to. n8n hands all items of one run the same execute data, in rising order; an index
 * that does not rise begins a run of its own (Retry On Fail, another call of an agent's tool). Nothing is said of how
 * many items come: the execute data do not tell, with Execute Once or in a tool.
 */
export function runOf(context: IExecuteSingleFunctions): Run {
	const key = context.getExecuteData();
	const known = runs.get(key);
	if (known && context.getItemIndex() > known.lastItem) return known;
	const run = new Run(context);
	runs.set(key, run);
	return run;
}

/** One run of the node: what its items share. */
export class Run {
	/** The index of the item begun last. */
	lastItem = -1;
	/** The account's lines, asked for once a run. */
	listing?: Promise<AccountLines>;
	/** When that was, by `tick`. */
	listedAt = 0;
	/** The same, once they are there. */
	lines?: AccountLines;
	readonly account = new Account();

	private begun = 0;
	private readonly cancelled: AbortSignal | undefined;
	private readonly stop = new AbortController();
	/** Aborted when nothing may be sent any more: the run has failed, or the execution was cancelled. */
	private readonly ended: AbortSignal;
	private readonly whenEnded: Promise<void>;
	private failure?: Promise<NodeApiError>;
	private readonly acting: Array<Promise<unknown>> = [];
	/** Settles when every item so far has its place in its line's order. */
	private placed: Promise<unknown> = Promise.resolve();
	private readonly queue: Array<() => void> = [];
	private baseURL?: Promise<string>;
	/** Spares Linq, and leaves little in doubt when a run stops. */
	private readonly pace = new Pace();
	private inFlight = 0;

	constructor(context: IExecuteSingleFunctions) {
		this.cancelled = context.getExecutionCancelSignal();
		this.ended = this.cancelled
			? AbortSignal.any([this.cancelled, this.stop.signal])
			: this.stop.signal;
		this.whenEnded = new Promise((resolve) => {
			this.ended.addEventListener('abort', () => {
				resolve();
			});
		});
	}

	/** Runs one item and answers what becomes of it under the node's On Error setting. It never rejects. */
	async item<P>(
		context: IExecuteSingleFunctions,
		work: ItemWork<P>,
	): Promise<INodeExecutionData[]> {
		this.lastItem = context.getItemIndex();
		this.begun++;
		try {
			const acting = work.act(work.read());
			this.acting.push(acting);
			return await acting;
		} catch (error) {
			if (context.continueOnFail() || isTool(context)) return [failedItem(context, error, work)];
			// Whichever item n8n collects first, it meets the failure that stopped the run.
			this.failure ??= this.fail(context, error, work);
			return failedRun(await this.failure);
		}
	}

	/**
	 * Sends a request when one of the run's places is free. It keeps the place while it waits for a retry:
	 * where Linq is overloaded, the run slows down by itself and what was refused goes first.
	 */
	async send(
		context: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
		doing: string,
		{ maxRetries, timeout }: RequestSettings,
	): Promise<LinqResponse> {
		// n8n begins the items of a batch (all, without batching) in one go: after this wait each of them has been read.
		await this.place();
		try {
			await this.turn();
			this.checkEnded();
			this.baseURL ??= readCredentialBaseUrl(context);
			const baseURL = await this.baseURL;
			if (request.method !== 'GET') this.account.noteSent(context.getItemIndex());
			return await linqRequest(context, { ...request, baseURL, timeout }, doing, {
				maxRetries,
				wait: async (ms) => {
					if (ms >= LOGGED_WAIT_MS) {
						const seconds = Math.ceil(ms / 1_000);
						context.logger.info(
							`Linq Phone Numbers waits ${seconds} seconds before it tries again`,
						);
					}
					await this.sleep(ms);
					await this.turn();
				},
				note: (went, sentAt, askedMs) => {
					if (went === 'well') this.pace.quicken(clock.now());
					// A longer pause ends the item instead.
					else this.pace.slow(sentAt, clock.now(), Math.min(askedMs, LONGEST_WAIT_MS));
				},
			});
		} finally {
			this.leavePlace();
		}
	}

	/**
	 * Does the work for a line after that of earlier items for the same line, however they name it, so that the last
	 * item wins; and after that of other executions, for else a change that is tried again could undo a newer one.
	 *
	 * @param find finds the line's id, which may take a request
	 */
	async inLineOrder<T>(find: Promise<string>, work: (lineId: string) => Promise<T>): Promise<T> {
		// It may be rejected before earlier items have their place, when nobody awaits it yet.
		find.catch(() => undefined);
		const placed = this.placed.then(async () => {
			const id = await find;
			// In an object, for the next item waits until this one has its place, not until it is done.
			return { done: inTurn(id.toLowerCase(), async () => await work(id), this.whenEnded) };
		});
		this.placed = placed.catch(() => undefined);
		return await (
			await placed
		).done;
	}

	/** Stops the run: what is under way comes to its end, nothing more is sent. */
	private async fail<P>(
		context: IExecuteSingleFunctions,
		error: unknown,
		{ changesLines }: ItemWork<P>,
	): Promise<NodeApiError> {
		this.stop.abort();
		await Promise.allSettled(this.acting);
		const item = context.getItemIndex();
		const account = changesLines && this.begun > 1 ? this.account.stoppedAt(item) : '';
		return nodeApiError(context.getNode(), error, item, account);
	}

	private async place(): Promise<void> {
		if (this.inFlight < this.pace.most) this.inFlight++;
		else await new Promise<void>((resolve) => this.queue.push(resolve));
	}

	/** Hands places to those who wait, as many as there are by now. */
	private leavePlace(): void {
		this.inFlight--;
		while (this.inFlight < this.pace.most) {
			const next = this.queue.shift();
			if (!next) return;
			this.inFlight++;
			next();
		}
	}

	/** Waits until the pace lets a request be sent; by then, a pause may have been asked for. */
	private async turn(): Promise<void> {
		let now: number;
		let at: number;
		do {
			now = clock.now();
			at = this.pace.next(now);
			await this.sleep(at - now);
		} while (this.pace.isPaused(clock.now()));
	}

	private async sleep(ms: number): Promise<void> {
		if (ms <= 0) return;
		await clock.sleep(ms, this.ended);
		this.checkEnded();
	}

	/** Behind a failure that stopped the run, nobody is told of this one: the failure is what n8n meets. */
	private checkEnded(): void {
		if (!this.ended.aborted) return;
		// By "canceled" in the message n8n knows that it is no failure.
		throw new LinqError('Not sent: the execution was canceled', {
			description: 'Run the workflow again for what was not sent.',
			fault: 'n8n',
		});
	}
}

/**
 * Whether n8n runs the node as an agent's tool, for which it adds to the type's name. Agents before version 3 tell
 * their model nothing of an error that a tool throws: it would say that all is done.
 */
function isTool(context: IExecuteSingleFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}

/**
 * What the items of a failed run answer: it throws as soon as n8n looks into it. A rejected promise could come while
 * n8n still waits between batches, or after it has ended the run at an expression of a later item: nobody would
 * listen, and for that Node.js ends a process.
 */
function failedRun(error: NodeApiError): INodeExecutionData[] {
	return new Proxy<INodeExecutionData[]>([], {
		get: (_, property) => {
			// What every promise asks of the value it is given.
			if (property === 'then') return undefined;
			throw error;
		},
	});
}

/**
 * An item for n8n's error output. All is under `error`: until 2.33 n8n takes an item with any other field for a
 * success, and one with an `error` beside its json is reduced to the bare message.
 */
function failedItem<P>(
	context: IExecuteSingleFunctions,
	error: unknown,
	{ about }: ItemWork<P>,
): INodeExecutionData {
	const { message, details } = asLinqError(error);
	return {
		json: {
			error: {
				message,
				description: details.description,
				...about?.(),
				fault: details.fault,
				try_again: details.tryAgain ?? false,
				http_code: details.httpCode ?? null,
				code: details.code ?? null,
				doc_url: details.docUrl ?? null,
				trace_id: details.traceId ?? null,
			},
		},
		pairedItem: { item: context.getItemIndex() },
	};
}
