import type { IDataObject, IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import type { LinqResponse } from './apiError';
import { asLinqError, nodeApiError } from './nodeApiError';
import type { PhoneNumber } from './phoneNumber';
import { isRecord } from './record';
import type { LinqRequest, Transport } from './request';
import { DEFAULT_TIMEOUT_MS, linqRequest, readCredentialBaseUrl } from './request';

/** Spares Linq, and leaves little in doubt when a run stops. */
const MAX_IN_FLIGHT = 10;

/** Waits from here on are worth a line in n8n's log. */
const LOGGED_WAIT_MS = 5_000;

/** Thrown in place of sending, once another item has failed or the execution was cancelled. */
class NotSent extends Error {}

/** What is done with one item of a run. */
export interface ItemWork<P> {
	/** Checks the item's parameters. Runs for every item before the first request is sent. */
	read: () => P;
	/** Does what they ask for, and answers the item's output. */
	act: (parameters: P) => Promise<INodeExecutionData[]>;
	/** What a failed item's output tells beside the error, e.g. the line it was for. */
	about: () => IDataObject;
}

const runs = new WeakMap<object, Run>();

/** The run that an item belongs to: n8n hands all items of one run of the node the same execute data. */
export function runOf(context: IExecuteSingleFunctions): Run {
	const key = context.getExecuteData();
	const known = runs.get(key);
	// The same execute data begins again at its first item when n8n's own Retry On Fail runs the node anew.
	if (known && context.getItemIndex() > 0) return known;
	const run = new Run(context);
	runs.set(key, run);
	return run;
}

/** One run of the node: what its items share. */
export class Run {
	/** The account's lines, asked for once a run. */
	lines?: Promise<PhoneNumber[]>;
	/** How many items' updates Linq has confirmed. */
	updated = 0;

	private begun = 0;
	private readonly total: number;
	private readonly batched: boolean;
	private readonly timeout: number;
	private readonly cancelled: AbortSignal | undefined;
	private readonly stop = new AbortController();
	/** Ends every wait: the run was stopped by a failure, or the execution was cancelled. */
	private readonly ended: AbortSignal;
	private readonly acting = new Set<Promise<unknown>>();
	private readonly lastOfLine = new Map<string, Promise<unknown>>();
	private readonly queue: Array<() => void> = [];
	private baseURL?: Promise<string>;
	private inFlight = 0;
	private pausedUntil = 0;

	constructor(context: IExecuteSingleFunctions) {
		const [input] = Object.values(context.getExecuteData().data);
		this.total = input?.[0]?.length ?? 1;
		const { batching, timeout } = readRequestOptions(context);
		this.batched = batching;
		this.timeout = timeout;
		this.cancelled = context.getExecutionCancelSignal();
		this.ended = this.cancelled
			? AbortSignal.any([this.cancelled, this.stop.signal])
			: this.stop.signal;
	}

	/** Runs one item and answers what becomes of it under the node's On Error setting. */
	async item<P>(
		context: IExecuteSingleFunctions,
		work: ItemWork<P>,
	): Promise<INodeExecutionData[]> {
		this.begun++;
		try {
			const parameters = work.read();
			// Without batching the engine begins all items in one go, so that by now each has been read.
			await Promise.resolve();
			if (this.brokeOff(context)) return [];
			const acting = work.act(parameters);
			this.acting.add(acting);
			try {
				return await acting;
			} finally {
				this.acting.delete(acting);
			}
		} catch (error) {
			return await this.failed(context, error, work.about);
		}
	}

	/**
	 * Sends a request when one of the run's places is free. It keeps the place while it waits for a retry:
	 * where Linq is overloaded, the run slows down by itself and what was refused goes first.
	 */
	async send(
		context: IExecuteSingleFunctions,
		transport: Transport,
		request: LinqRequest,
		doing: string,
		maxRetries: number,
	): Promise<LinqResponse> {
		await this.place();
		try {
			while (this.pausedUntil > Date.now()) await this.sleep(this.pausedUntil - Date.now());
			this.checkEnded();
			const { timeout } = this;
			this.baseURL ??= readCredentialBaseUrl(context);
			const baseURL = await this.baseURL;
			return await linqRequest(context, { ...transport, baseURL, timeout }, request, doing, {
				maxRetries,
				wait: async (ms, asked) => {
					if (asked) this.pausedUntil = Math.max(this.pausedUntil, Date.now() + ms);
					if (ms >= LOGGED_WAIT_MS) {
						const seconds = Math.ceil(ms / 1_000);
						context.logger.info(
							`Linq Phone Numbers waits ${seconds} seconds before it tries again`,
						);
					}
					await this.sleep(ms);
				},
			});
		} finally {
			this.leavePlace();
		}
	}

	/** Does the work for a line after that of earlier items for the same line, so that the last item wins. */
	async inLineOrder<T>(lineId: string, work: () => Promise<T>): Promise<T> {
		const before = this.lastOfLine.get(lineId);
		const done = before ? before.then(work, work) : work();
		this.lastOfLine.set(lineId, done);
		return await done;
	}

	private async failed(
		context: IExecuteSingleFunctions,
		error: unknown,
		about: () => IDataObject,
	): Promise<INodeExecutionData[]> {
		const item = context.getItemIndex();
		// The engine ends a cancelled execution by itself, and runs no further node.
		if (this.cancelled?.aborted) return [];
		if (context.continueOnFail()) return [failedItem(error, item, about())];
		// The engine reports one failure: the first, which stopped the others.
		if (this.ended.aborted) return [];
		this.stop.abort();
		await Promise.allSettled(this.acting);
		throw nodeApiError(context.getNode(), error, item, this.account(item));
	}

	/** How far a run came that stops at an item. */
	private account(item: number): string {
		if (this.total === 1) return '';
		return `The run stopped at item ${item} (n8n counts from 0): ${this.updated} of ${this.total} lines had been updated, nothing more is sent.`;
	}

	/** Whether the engine threw while it began the items (say, at an expression), which ends the run without asking us. */
	private brokeOff(context: IExecuteSingleFunctions): boolean {
		if (context.continueOnFail()) return false;
		return this.ended.aborted || (!this.batched && this.begun < this.total);
	}

	private async place(): Promise<void> {
		if (this.inFlight < MAX_IN_FLIGHT) this.inFlight++;
		else await new Promise<void>((resolve) => this.queue.push(resolve));
	}

	/** Hands the place to the next in the queue. */
	private leavePlace(): void {
		const next = this.queue.shift();
		if (next) next();
		else this.inFlight--;
	}

	private async sleep(ms: number): Promise<void> {
		await sleep(ms, this.ended).catch(() => undefined);
		this.checkEnded();
	}

	private checkEnded(): void {
		if (this.ended.aborted) throw new NotSent('Not sent: the run has ended');
	}
}

/** An item for n8n's error output. The engine would reduce an item that has an `error` beside its json to the bare message. */
function failedItem(error: unknown, item: number, about: IDataObject): INodeExecutionData {
	const { message, details } = asLinqError(error);
	return {
		json: {
			error: message,
			details: {
				...about,
				description: details.description,
				http_code: details.httpCode ?? null,
				code: details.code ?? null,
				doc_url: details.docUrl ?? null,
				trace_id: details.traceId ?? null,
			},
		},
		pairedItem: { item },
	};
}

/** n8n's own Request Options, which it adds to declarative nodes and reads from the first item. */
function readRequestOptions(context: IExecuteSingleFunctions): {
	batching: boolean;
	timeout: number;
} {
	const options: unknown = context.getNodeParameter('requestOptions', {});
	const { batching, timeout } = isRecord(options) ? options : {};
	const batch = isRecord(batching) ? batching.batch : undefined;
	const interval = isRecord(batch) ? batch.batchInterval : undefined;
	return {
		batching: typeof interval === 'number' && interval > 0,
		timeout: typeof timeout === 'number' && timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS,
	};
}
