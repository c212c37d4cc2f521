import 'reflect-metadata';
import express from 'express';
import { DataDeduplicationService, HookContext, WebhookContext, WorkflowExecute } from 'n8n-core';
import type {
	DeduplicationItemTypes,
	DeduplicationScope,
	ICheckProcessedContextData,
	ICheckProcessedOptions,
	ICredentialDataDecryptedObject,
	IDataDeduplicator,
	IDataObject,
	IDeduplicationOutput,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IWebhookData,
	IWorkflowExecuteAdditionalData,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import * as n8nWorkflow from 'n8n-workflow';
import { isRecord } from '../../nodes/shared/linq/isRecord';
import { createRunExecutionData, jsonParse, NodeConnectionTypes, Workflow } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import { additionalData, NodeTypes, savedWorkflow } from './runNode';

type Lifecycle = 'checkExists' | 'create' | 'delete';

/** What a test may change at any time. */
interface Host {
	/** The node's name. */
	name: string;
	/** The node's parameters; n8n reads them again at each activation and request. */
	parameters: INodeParameters;
	/** Whether n8n fails to save executions. */
	broken: boolean;
	/** Holds requests before they reach the node. */
	beforeWebhook?: Promise<unknown>;
	/** Holds events that the node has returned, before n8n saves them. */
	beforeSaving?: Promise<unknown>;
	/** Holds executions, so that later ones wait for a slot if there is a limit. */
	beforeEnd?: Promise<unknown>;
}

/** What n8n's server does around a trigger, with its node in n8n's own engine and over real HTTP. */
export interface TriggerHarness extends Host {
	workflowId: string;
	/** The node's address, for Linq to call. */
	target: string;
	/** The same without https, for a test to call: one for each n8n process that receives. */
	addresses: string[];
	/** What n8n has saved for the node. */
	saved: () => IDataObject;
	/** The secret of the subscription that n8n has saved. */
	savedSecret: () => unknown;
	/** What n8n has saved for the whole workflow, as a copy of the workflow brings it along. */
	exportStaticData: () => string;
	/** Overwrites what n8n has saved for the node. */
	save: (state: IDataObject) => void;
	/**
	 * Loads the static data, as an execution does whose Code node will change it.
	 *
	 * @returns a function that saves it as it was loaded, with the Code node's change
	 */
	loadForCodeNode: () => () => void;
	/** Waits until no more executions start, and returns what each was started with. */
	executions: () => Promise<INodeExecutionData[][]>;
	/** How many executions n8n has saved, including those of duplicates. */
	begun: () => number;
	/** How many requests have arrived. */
	received: () => number;
	/** How many callers are gone, or have had their response. */
	closed: () => number;
	/** How many executions n8n could not save. */
	failed: () => number;
	/** Runs the last execution again, as n8n's Retry does. */
	retry: () => Promise<void>;
	/** Adds deliveries to n8n's table of processed data. */
	remember: (ids: string[]) => void;
	/** Makes the next look-ups in that table fail. */
	failLookUps: (count: number) => void;
	activate: () => Promise<void>;
	deactivate: () => Promise<void>;
	/** Restarts all processes: what was only in their memory is lost. */
	restart: () => Promise<void>;
	close: () => Promise<void>;
}

interface Options {
	credentials: ICredentialDataDecryptedObject;
	parameters?: INodeParameters;
	/** The editor's "Listen for test event". */
	test?: boolean;
	/** How many executions run at once, as n8n's concurrency limit has it. */
	concurrencyLimit?: number;
	workflowId?: string;
	/** The address that n8n is configured with; by default the real one, with https. */
	publicAddress?: string;
	/** What n8n has saved already. */
	staticData?: string;
	/** How many processes receive requests. One executes the workflows itself; several leave that to two workers. */
	processes?: number;
}

/** How long n8n takes to read or write its database. */
const DATABASE_MS = 10;

/** Each harness is an n8n of its own. Their workflow IDs differ, because they share one table of processed data. */
let hosts = 0;

/** Starts a harness for the trigger, with a workflow that records the items it was started with. */
export async function startTriggerHarness(options: Options): Promise<TriggerHarness> {
	const id = options.workflowId ?? `workflow ${++hosts}`;
	const count = options.processes ?? 1;
	const folder = options.test ? 'webhook-test' : 'webhook';
	const mode = options.test ? 'manual' : 'webhook';

	let staticData = options.staticData ?? '{}';
	let begun = 0;
	let received = 0;
	let closed = 0;
	let failed = 0;
	let running = 0;
	let slots = options.concurrencyLimit ?? Infinity;
	const waiting: Array<() => void> = [];
	let lastInput: INodeExecutionData[][] = [];
	const host: Host = { name: 'Trigger', parameters: options.parameters ?? {}, broken: false };
	const executions: INodeExecutionData[][] = [];
	let base = '';

	/** Loads the workflow from n8n's database, as n8n does for each activation, request and execution. */
	const load = (nodeType: INodeType) => {
		const node: INode = {
			id: 'trigger',
			name: host.name,
			type: 'trigger',
			typeVersion: 2,
			position: [0, 0],
			webhookId: '9b2c',
			parameters: host.parameters,
			credentials: { linqApi: { id: '1', name: 'Linq API' } },
		};
		const nodes: INode[] = [
			node,
			{ id: 'last', name: 'Last', type: 'last', typeVersion: 1, position: [0, 0], parameters: {} },
		];
		const saved = {
			...savedWorkflow(nodes, {
				[host.name]: { main: [[{ node: 'Last', type: NodeConnectionTypes.Main, index: 0 }]] },
			}),
			id,
			name: 'Alerts',
		};
		const workflow = new Workflow({
			...saved,
			nodeTypes: new NodeTypes().add('trigger', nodeType).add('last', collector(executions)),
			staticData: jsonParse<IDataObject>(staticData),
		});
		const additional: IWorkflowExecuteAdditionalData = {
			...additionalData(options.credentials, saved),
			webhookBaseUrl: base,
			webhookTestBaseUrl: base,
		};
		const [webhookDescription] = nodeType.description.webhooks ?? [];
		const loaded = workflow.getNode(host.name);
		if (!webhookDescription || !loaded) throw new Error('The trigger has no webhook');
		const webhookData: IWebhookData = {
			httpMethod: 'POST',
			node: host.name,
			path: '9b2c/webhook',
			webhookDescription,
			workflowId: id,
			workflowExecuteAdditionalData: additional,
			isTest: options.test,
		};
		const save = async () => {
			if (!workflow.staticData.__dataChanged) return;
			const json = JSON.stringify(workflow.staticData);
			// Until the database has it, other requests load the old data.
			await delay(DATABASE_MS);
			staticData = json;
		};
		return { workflow, node: loaded, additional, webhookData, save };
	};

	/** Saves an execution, and waits for a slot to run it in, as n8n does before it responds. */
	const begin = async (): Promise<string> => {
		await host.beforeSaving;
		await delay(DATABASE_MS);
		if (host.broken) throw new Error('n8n cannot save an execution');
		const executionId = String(++begun);
		running++;
		if (slots > 0) slots--;
		else await new Promise<void>((resolve) => waiting.push(resolve));
		return executionId;
	};

	/** Runs the workflow. */
	const execute = async (
		nodeType: INodeType,
		executionId: string,
		input: INodeExecutionData[][],
		executionMode: WorkflowExecuteMode = mode,
	): Promise<void> => {
		lastInput = input;
		const { workflow, node, additional, save } = load(nodeType);
		additional.executionId = executionId;
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: input }, source: null }] },
		});
		await new WorkflowExecute(additional, executionMode, data).processRunExecutionData(workflow);
		await save();
		await host.beforeEnd;
		running--;
		const next = waiting.shift();
		if (next) next();
		else slots++;
	};

	/** Loads the trigger for each of n8n's processes: each has its own module-level state. */
	const loadProcesses = () => {
		const main = loadTrigger();
		return {
			main,
			receivers: count > 1 ? Array.from({ length: count }, () => loadTrigger()) : [main],
			workers: count > 1 ? [loadTrigger(), loadTrigger()] : [],
		};
	};
	let processes = loadProcesses();

	const servers = await Promise.all(
		Array.from({ length: count }, async (_, index) => {
			const app = express();
			app.post(
				`/${folder}/9b2c/webhook`,
				express.raw({ type: () => true, limit: '16mb' }),
				(req, res, next) => {
					const receiver = processes.receivers[index];
					received++;
					res.once('close', () => closed++);
					const receive = async () => {
						if (!receiver) throw new Error('There is no such process');
						await host.beforeWebhook;
						const { workflow, node, additional, webhookData, save } = load(receiver);
						const body: unknown = req.body;
						req.rawBody = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
						const context = new WebhookContext(
							workflow,
							node,
							{ ...additional, httpRequest: req, httpResponse: res },
							mode,
							webhookData,
							[],
							null,
						);
						const { workflowData, noWebhookResponse } =
							(await receiver.webhook?.call(context)) ?? {};
						if (webhookData.webhookDescription.responseMode !== 'onReceived') {
							throw new Error('This harness knows no other response mode');
						}
						// As n8n 2 does it, see its webhook-helpers.ts: it responds once it has saved an execution that has a slot.
						if (workflowData) {
							const executionId = await begin().catch(() => undefined);
							res.status(executionId ? 200 : 500).json({ message: 'Workflow was started' });
							if (!executionId) failed++;
							const { workers } = processes;
							const executor = workers[begun % (workers.length || 1)] ?? receiver;
							if (executionId) void execute(executor, executionId, workflowData);
						} else if (noWebhookResponse !== true) {
							res.json({ message: 'Webhook call received' });
						}
						await save();
					};
					receive().catch(next);
				},
			);
			const server = app.listen(0, '127.0.0.1');
			await new Promise((resolve) => server.once('listening', resolve));
			return server;
		}),
	);
	const origins = servers.map((server) => {
		const bound = server.address();
		return `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
	});
	const path = '/9b2c/webhook?version=2026-02-03';
	base = options.publicAddress ?? `https://${origins[0] ?? ''}/${folder}`;

	const lifecycle = async (method: Lifecycle) => {
		const { workflow, node, additional, webhookData, save } = load(processes.main);
		const hookMode = options.test ? 'manual' : 'internal';
		const hooks = new HookContext(workflow, node, additional, hookMode, 'activate', webhookData);
		const done = await processes.main.webhookMethods?.default?.[method].call(hooks);
		await save();
		return done;
	};

	const saved = () => {
		const data = jsonParse<Record<string, IDataObject>>(staticData);
		return data[`node:${host.name}`] ?? {};
	};

	return Object.assign(host, {
		workflowId: id,
		target: base + path,
		addresses: origins.map((origin) => `http://${origin}/${folder}${path}`),
		executions: async () => {
			let before: number;
			do {
				before = begun;
				await delay(50);
			} while (running > 0 || begun !== before);
			return executions;
		},
		begun: () => begun,
		received: () => received,
		closed: () => closed,
		failed: () => failed,
		retry: async () => {
			await execute(processes.main, await begin(), lastInput, 'retry');
		},
		remember: (ids: string[]) => {
			processed.rows.set(`${id}/trigger`, ids);
		},
		failLookUps: (count: number) => {
			processed.failing = count;
		},
		saved,
		savedSecret: () => {
			const { subscriptions } = saved();
			const all: unknown[] = Array.isArray(subscriptions) ? subscriptions : [];
			return all.filter(isRecord).find(({ expiresAt }) => expiresAt === undefined)?.signingSecret;
		},
		exportStaticData: () => staticData,
		save: (state: IDataObject) => {
			staticData = JSON.stringify({ [`node:${host.name}`]: state });
		},
		loadForCodeNode: () => {
			const loaded = jsonParse<IDataObject>(staticData);
			return () => {
				staticData = JSON.stringify({ ...loaded, global: { seen: Date.now() } });
			};
		},
		activate: async () => {
			if ((await lifecycle('checkExists')) !== true) await lifecycle('create');
		},
		deactivate: async () => {
			await lifecycle('delete');
		},
		restart: async () => {
			// n8n finishes its current work before it stops.
			await delay(3 * DATABASE_MS);
			processes = loadProcesses();
			if ((await lifecycle('checkExists')) !== true) await lifecycle('create');
		},
		close: async () => {
			await Promise.all(
				servers.map(async (server) => {
					server.closeAllConnections();
					await new Promise((resolve) => server.close(resolve));
				}),
			);
		},
	});
}

/** n8n's table of processed data: a list for each node, read and written as a whole (deduplication-helper.ts). */
class ProcessedData implements IDataDeduplicator {
	/** By workflow and node. */
	readonly rows = new Map<string, DeduplicationItemTypes[]>();
	failing = 0;

	async checkProcessedAndRecord(
		items: DeduplicationItemTypes[],
		_scope: DeduplicationScope,
		{ workflow, node }: ICheckProcessedContextData,
		{ maxEntries = Infinity }: ICheckProcessedOptions,
	): Promise<IDeduplicationOutput> {
		const key = `${workflow.id}/${node?.id ?? ''}`;
		await delay(DATABASE_MS / 2);
		if (this.failing-- > 0) throw new Error('The database is gone');
		const row = this.rows.get(key);
		const known = row ?? [];
		const added = items.filter((item) => !known.includes(item));
		await delay(DATABASE_MS / 2);
		// The table has one row for a node, and refuses another.
		if (!row && this.rows.has(key)) throw new Error('UNIQUE constraint failed');
		this.rows.set(key, [...known, ...added].slice(-maxEntries));
		return { new: added, processed: items.filter((item) => known.includes(item)) };
	}

	async removeProcessed(): Promise<void> {
		await Promise.reject(new Error('Not used'));
	}

	async clearAllProcessedItems(): Promise<void> {
		await Promise.reject(new Error('Not used'));
	}

	async getProcessedDataCount(): Promise<number> {
		return await Promise.reject(new Error('Not used'));
	}
}

/** One for all harnesses: n8n-core's DataDeduplicationService is initialized once. */
const processed = new ProcessedData();
void DataDeduplicationService.init(processed);

/** Loads the trigger with empty module-level state, as a new n8n process does. */
function loadTrigger(): INodeType {
	let trigger: INodeType | undefined;
	jest.isolateModules(() => {
		// Only the nodes are loaded again: n8n's own code is loaded once.
		jest.doMock('n8n-workflow', () => n8nWorkflow);
		const loaded = jest.requireActual<
			typeof import('../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts')
		>('../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts');
		trigger = new loaded.LinqPhoneNumbersTrigger();
	});
	if (!trigger) throw new Error('The trigger was not loaded');
	return trigger;
}

/** Returns the workflow's last node, which records the items that reach it. */
function collector(executions: INodeExecutionData[][]): INodeType {
	return {
		description: {
			displayName: 'Last',
			name: 'last',
			group: ['transform'],
			version: 1,
			description: 'Keeps the items',
			defaults: {},
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		async execute() {
			executions.push(this.getInputData());
			return await Promise.resolve([this.getInputData()]);
		},
	};
}
