import 'reflect-metadata';
import express from 'express';
import { HookContext, WebhookContext, WorkflowExecute } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IWebhookData,
} from 'n8n-workflow';
import { createRunExecutionData, jsonParse, NodeConnectionTypes, Workflow } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import { additionalData, NodeTypes, savedWorkflow } from './engine';

type Lifecycle = 'checkExists' | 'create' | 'delete';

/** What n8n's server does around a trigger, with its node in n8n's own engine and over real HTTP. */
export interface TriggerHost {
	/** The node's address, as Linq is to call it. */
	target: string;
	/** The same without https, for a test to call. */
	address: string;
	/** The node's parameters; n8n reads them anew at each activation and call. */
	parameters: INodeParameters;
	/** What n8n has saved for the node. */
	saved: () => IDataObject;
	/** Loses or changes what n8n has saved. */
	save: (state: IDataObject) => void;
	/** What the workflow was started with, an execution each, once no more come. */
	executions: () => Promise<INodeExecutionData[][]>;
	activate: () => Promise<void>;
	deactivate: () => Promise<void>;
	/** Starts n8n anew: what was in memory alone is lost. */
	restart: () => Promise<void>;
	close: () => Promise<void>;
}

interface Options {
	credentials: ICredentialDataDecryptedObject;
	parameters?: INodeParameters;
	/** The editor's "Listen for test event". */
	test?: boolean;
	/** `http:` where n8n's WEBHOOK_URL is not set. */
	protocol?: 'https:' | 'http:';
}

const TRIGGER = 'Trigger';

/** How long n8n takes to write to its database. */
const SAVING_MS = 10;

export async function startTriggerHost(options: Options): Promise<TriggerHost> {
	const app = express();
	const server = app.listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	const bound = server.address();
	const port = typeof bound === 'object' && bound ? bound.port : 0;
	const folder = options.test ? 'webhook-test' : 'webhook';
	const base = `${options.protocol ?? 'https:'}//127.0.0.1:${port}/${folder}`;

	let nodeType = loadTrigger();
	let staticData = '{}';
	const host = { parameters: options.parameters ?? {} };
	const executions: INodeExecutionData[][] = [];

	/** The workflow as n8n loads it from its database, for each activation and call anew. */
	const load = () => {
		const node: INode = {
			id: 'trigger',
			name: TRIGGER,
			type: 'trigger',
			typeVersion: 1,
			position: [0, 0],
			webhookId: '9b2c',
			parameters: host.parameters,
			credentials: { linqApi: { id: '1', name: 'Linq API' } },
		};
		const nodes: INode[] = [
			node,
			{ id: 'last', name: 'Last', type: 'last', typeVersion: 1, position: [0, 0], parameters: {} },
		];
		const saved = savedWorkflow(nodes, {
			[TRIGGER]: { main: [[{ node: 'Last', type: NodeConnectionTypes.Main, index: 0 }]] },
		});
		const parts = {
			...saved,
			nodeTypes: new NodeTypes().add('trigger', nodeType).add('last', collector(executions)),
			staticData: jsonParse<IDataObject>(staticData),
		};
		const workflow = new Workflow(parts);
		const additional = {
			...additionalData(options.credentials, saved),
			webhookBaseUrl: base,
			webhookTestBaseUrl: base,
		};
		const [webhookDescription] = nodeType.description.webhooks ?? [];
		const loaded = workflow.getNode(TRIGGER);
		if (!webhookDescription || !loaded) throw new Error('The trigger has no webhook');
		const webhookData: IWebhookData = {
			httpMethod: 'POST',
			node: TRIGGER,
			path: '9b2c/webhook',
			webhookDescription,
			workflowId: saved.id,
			workflowExecuteAdditionalData: additional,
			isTest: options.test,
		};
		const save = async () => {
			if (!workflow.staticData.__dataChanged) return;
			const json = JSON.stringify(workflow.staticData);
			// Until the database has it, other calls load what was before.
			await delay(SAVING_MS);
			staticData = json;
		};
		return { workflow, parts, node: loaded, additional, webhookData, save };
	};

	const lifecycle = async (method: Lifecycle) => {
		const { workflow, node, additional, webhookData, save } = load();
		const mode = options.test ? 'manual' : 'internal';
		const hooks = new HookContext(workflow, node, additional, mode, 'activate', webhookData);
		const done = await nodeType.webhookMethods?.default?.[method].call(hooks);
		await save();
		return done;
	};

	app.post(
		`/${folder}/9b2c/webhook`,
		express.raw({ type: () => true, limit: '16mb' }),
		(req, res, next) => {
			const answer = async () => {
				const { workflow, parts, node, additional, webhookData, save } = load();
				const body: unknown = req.body;
				req.rawBody = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
				const mode = options.test ? 'manual' : 'webhook';
				const context = new WebhookContext(
					workflow,
					node,
					{ ...additional, httpRequest: req, httpResponse: res },
					mode,
					webhookData,
					[],
					null,
				);
				const { workflowData, noWebhookResponse } = (await nodeType.webhook?.call(context)) ?? {};
				// As n8n does it, in this order: where the node has answered by itself, n8n saves before it starts the
				// workflow; else after it has answered.
				if (noWebhookResponse === true) void save();
				if (workflowData) {
					const data = createRunExecutionData({
						executionData: {
							nodeExecutionStack: [{ node, data: { main: workflowData }, source: null }],
						},
					});
					// Made of the same static data, which n8n then takes for unchanged.
					const started = new Workflow(parts);
					void new WorkflowExecute(additional, mode, data).processRunExecutionData(started);
				}
				// n8n writes the execution to its database; other calls come meanwhile.
				await delay(SAVING_MS);
				if (noWebhookResponse === true) return;
				res.status(200).json({ message: 'Webhook call received' });
				await save();
			};
			answer().catch(next);
		},
	);

	return Object.assign(host, {
		target: `${base}/9b2c/webhook?version=2026-02-03`,
		address: `http://127.0.0.1:${port}/${folder}/9b2c/webhook?version=2026-02-03`,
		executions: async () => {
			let before: number;
			do {
				before = executions.length;
				await delay(50);
			} while (executions.length !== before);
			return executions;
		},
		saved: () => {
			const data = jsonParse<Record<string, IDataObject>>(staticData);
			return data[`node:${TRIGGER}`] ?? {};
		},
		save: (state: IDataObject) => {
			staticData = JSON.stringify({ [`node:${TRIGGER}`]: state });
		},
		activate: async () => {
			if ((await lifecycle('checkExists')) !== true) await lifecycle('create');
		},
		deactivate: async () => {
			await lifecycle('delete');
		},
		restart: async () => {
			// n8n ends what it is at before it stops.
			await delay(3 * SAVING_MS);
			nodeType = loadTrigger();
			if ((await lifecycle('checkExists')) !== true) await lifecycle('create');
		},
		close: async () => {
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	});
}

/** The trigger with nothing in its memory, as a new n8n process has it. */
function loadTrigger(): INodeType {
	let trigger: INodeType | undefined;
	jest.isolateModules(() => {
		const loaded = jest.requireActual<
			typeof import('../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts')
		>('../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts');
		trigger = new loaded.LinqPhoneNumbersTrigger();
	});
	if (!trigger) throw new Error('The trigger was not loaded');
	return trigger;
}

/** The workflow's last node: keeps the items that reach it. */
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
