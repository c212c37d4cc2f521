import type { IExecuteSingleFunctions, INodeExecutionData, NodeApiError } from 'n8n-workflow';
import { LinqError } from '../shared/linq/linqError';
import type { AccountClient } from '../shared/n8n/accountClient';
import { getAccountClient } from '../shared/n8n/accountClient';
import { toNodeApiError } from '../shared/n8n/toNodeApiError';
import { AccountRun } from './accountRun';
import { toErrorItem } from './errorItem';
import { RunProgress } from './runProgress';

/** How an operation handles one item. */
export interface ItemHandler<P> {
	/** Checks the item's parameters. */
	parse: () => P;
	/** Executes the operation, and returns the item's output. */
	run: (parameters: P) => Promise<INodeExecutionData[]>;
	/** The line that a failed item is about, as the user entered it; null if none was. */
	line?: () => string | null;
	/** Whether the operation changes lines, so that a run that stops must report which. */
	reportsProgress: boolean;
}

/** One run of the node: what its items share. */
export class NodeRun {
	/** The index of the item that was started last. */
	lastItem = -1;
	readonly progress = new RunProgress();
	private itemCount = 0;
	private readonly stop = new AbortController();
	/** Aborted when nothing may be sent any more: the run has failed, or the execution was canceled. */
	private readonly signal: AbortSignal;
	private failure?: Promise<NodeApiError>;
	private readonly items: Array<Promise<unknown>> = [];
	private readonly accounts = new Map<AccountClient, AccountRun>();
	/** Resolves when every item so far has its account. */
	private accountOrder: Promise<unknown> = Promise.resolve();

	constructor(context: IExecuteSingleFunctions) {
		const canceled = context.getExecutionCancelSignal();
		this.signal = canceled ? AbortSignal.any([canceled, this.stop.signal]) : this.stop.signal;
	}

	/**
	 * Runs one item.
	 *
	 * @returns its output; or its failure as an item, if On Error is Continue or an agent calls the node
	 * @throws NodeApiError if the run stops: the failure that stopped it, whichever item n8n collects first
	 */
	async processItem<P>(
		context: IExecuteSingleFunctions,
		handler: ItemHandler<P>,
	): Promise<INodeExecutionData[]> {
		this.lastItem = context.getItemIndex();
		this.itemCount++;
		try {
			const item = handler.run(handler.parse());
			this.items.push(item);
			return await item;
		} catch (error) {
			if (context.continueOnFail() || isTool(context)) {
				return [toErrorItem(context, error, handler.line?.() ?? null)];
			}
			this.failure ??= this.fail(context, error, handler);
			throw await this.failure;
		}
	}

	/** Returns the run's use of the item's own account. Items get theirs in item order. */
	async account(context: IExecuteSingleFunctions): Promise<AccountRun> {
		const resolving = getAccountClient(context);
		const account = this.accountOrder.then(async () => {
			const client = await resolving;
			const known = this.accounts.get(client);
			if (known) return known;
			const added = new AccountRun(client, this.signal);
			this.accounts.set(client, added);
			return added;
		});
		// It may be rejected while earlier items still wait for theirs.
		resolving.catch(() => undefined);
		this.accountOrder = account.catch(() => undefined);
		return await account;
	}

	/** Stops the run: requests in flight finish, nothing more is sent. */
	private async fail<P>(
		context: IExecuteSingleFunctions,
		error: unknown,
		{ reportsProgress }: ItemHandler<P>,
	): Promise<NodeApiError> {
		this.stop.abort(error instanceof LinqError ? error : undefined);
		await Promise.allSettled(this.items);
		const item = context.getItemIndex();
		const progress = reportsProgress && this.itemCount > 1 ? this.progress.summary(item) : '';
		return toNodeApiError(context.getNode(), error, item, progress);
	}
}

/**
 * Returns true if an agent calls the node: n8n's ai-tools.ts appends `Tool` to the type's name. Agents before version 3
 * hide a thrown error from their model, which would then report success.
 */
function isTool(context: IExecuteSingleFunctions): boolean {
	return context.getNode().type.endsWith('Tool');
}
