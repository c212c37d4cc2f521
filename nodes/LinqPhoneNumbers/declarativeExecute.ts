import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodePropertyRouting,
} from 'n8n-workflow';
import { NodeRun } from './nodeRun';

/*
 * How a declarative node executes its operations itself. n8n-core's routing-node.ts (`RoutingNode.runNode`) makes a
 * request of each item, with no order, no retry and no limit between them. If an operation declares pagination as a
 * function, `makeRequest` calls that function instead of sending the request, and takes its result as the item's
 * output. So the function is the executor of one item. What it relies on, and which test fails if that changes:
 *
 * - `getExecuteData()` is the same object for all items of a run, and items come in rising order
 *   (executionModes.test.ts: loops, Retry On Fail, tools).
 * - All items of a batch are started synchronously, before anything of the first has been awaited
 *   (updateForwarding.test.ts: "sends nothing when any item is invalid").
 * - n8n collects the items' promises only after the last batch, so none may be rejected before that
 *   (unhandledRejections.test.ts).
 * - n8n iterates over what an item returns (`returnData.push(...value)`), and an error thrown there ends the run
 *   (executionModes.test.ts: "sends nothing after a failure").
 */

/** Executes an operation for one item, and returns the item's output. */
export type ExecuteOperation = (
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	run: NodeRun,
) => Promise<INodeExecutionData[]>;

/**
 * Returns the routing of an operation that is executed by a function.
 *
 * @param request what the operation sends; n8n adds its own Request Options
 */
export function executedBy(
	request: DeclarativeRestApiSettings.HttpRequestOptions,
	execute: ExecuteOperation,
): INodePropertyRouting {
	return {
		request,
		send: { paginate: true },
		operations: {
			async pagination(this: IExecutePaginationFunctions, { options }) {
				try {
					return await execute(this, toHttpRequestOptions(options), getRun(this));
				} catch (error) {
					return throwingItems(error);
				}
			},
		},
	};
}

const runs = new WeakMap<object, NodeRun>();

/**
 * Returns the run that an item belongs to. An index that does not rise starts a new run (Retry On Fail, another call of
 * an agent's tool). The execute data does not say how many items there are (Execute Once, tools).
 */
function getRun(context: IExecuteSingleFunctions): NodeRun {
	const key = context.getExecuteData();
	const known = runs.get(key);
	if (known && context.getItemIndex() > known.lastItem) return known;
	const run = new NodeRun(context);
	runs.set(key, run);
	return run;
}

/** Returns items that throw when n8n iterates over them: a rejected promise would have no listener yet. */
function throwingItems(error: unknown): INodeExecutionData[] {
	const items: INodeExecutionData[] = [];
	items[Symbol.iterator] = () => {
		throw error;
	};
	return items;
}

/**
 * Returns an operation's request with the node's Request Options, which n8n has applied. Leaves out the credential's
 * allowed domains: they are for other nodes; this package sends the key to the credential's own host only.
 */
function toHttpRequestOptions(
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
