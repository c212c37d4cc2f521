import 'reflect-metadata';
import { PollContext, WorkflowExecute } from 'n8n-core';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	WorkflowActivateMode,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import { createRunExecutionData, jsonParse, NodeConnectionTypes, Workflow } from 'n8n-workflow';
import { LinqPhoneNumbersPollingTrigger } from '../../nodes/LinqPhoneNumbersPollingTrigger/LinqPhoneNumbersPollingTrigger.node.ts';
import { additionalData, NodeTypes, savedWorkflow } from './runNode';

const TRIGGER = 'Poll';
const LAST = 'Last';

/** The workflow as n8n's main process has it in its memory while it is published. */
interface Published {
	workflow: Workflow;
	context: PollContext;
}

/** What n8n's server does around a polling trigger, with its node in n8n's own engine. */
export interface PollingHarness {
	/** The node's parameters; n8n reads them again at each poll. */
	parameters: INodeParameters;
	credentials: ICredentialDataDecryptedObject;
	/** What came out of the workflow's last node, an execution each. */
	executions: INodeExecutionData[][];
	/** How many executions there were, including those that ended at the trigger. */
	begun: () => number;
	/** The polls that failed, as n8n lists them. */
	failures: Error[];
	/** The items of all executions, in order. */
	items: () => IDataObject[];
	/** The same, without those that were returned before. */
	newItems: () => IDataObject[];
	/** Publishes the workflow, which polls once; throws as n8n's publishing does. */
	publish: (activation?: WorkflowActivateMode) => Promise<void>;
	/** Polls as the schedule does. */
	poll: () => Promise<void>;
	/** Restarts n8n: what was only in its memory is lost. */
	restart: () => Promise<void>;
	/** Polls as the editor's Fetch Test Event does. */
	fetchTestEvent: () => Promise<IDataObject[]>;
	/** What n8n's database has for the node. */
	saved: () => IDataObject;
	/** The size of the workflow's static data in n8n's database. */
	savedBytes: () => number;
	/** Overwrites the node's state in n8n's database. */
	overwrite: (state: IDataObject) => void;
	/** What is in n8n's memory for the node. */
	inMemory: () => IDataObject;
}

/**
 * Starts a harness for the polling trigger. It does the part of n8n's active-workflow-manager.ts and
 * poll-trigger-executor.ts, in n8n 1 active-workflows.ts.
 */
export function startPollingHarness(options: {
	credentials: ICredentialDataDecryptedObject;
	parameters?: INodeParameters;
	/** The node's setting. */
	alwaysOutputData?: boolean;
}): PollingHarness {
	const trigger = new LinqPhoneNumbersPollingTrigger();
	let database = '{}';
	let begun = 0;
	let published: Published | undefined;
	let returned = 0;
	const executions: INodeExecutionData[][] = [];

	/** The workflow as n8n loads it from its database. */
	const load = () => {
		const nodes: INode[] = [
			{
				id: 'trigger',
				name: TRIGGER,
				type: 'trigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: harness.parameters,
				credentials: { linqApi: { id: '1', name: 'Linq API' } },
				alwaysOutputData: options.alwaysOutputData,
			},
			{ id: 'last', name: LAST, type: 'last', typeVersion: 1, position: [0, 0], parameters: {} },
		];
		const saved = savedWorkflow(nodes, {
			[TRIGGER]: { main: [[{ node: LAST, type: NodeConnectionTypes.Main, index: 0 }]] },
		});
		const workflow = new Workflow({
			...saved,
			nodeTypes: new NodeTypes().add('trigger', trigger).add('last', collector(executions)),
			staticData: jsonParse<IDataObject>(database),
		});
		const node = workflow.getNode(TRIGGER);
		if (!node) throw new Error('The workflow has no trigger');
		return { workflow, node, additional: additionalData(harness.credentials, saved) };
	};
	const save = (workflow: Workflow) => {
		if (workflow.staticData.__dataChanged !== true) return;
		database = JSON.stringify(workflow.staticData);
		workflow.staticData.__dataChanged = false;
	};
	const execute = async (main: INodeExecutionData[][], mode: WorkflowExecuteMode) => {
		const { workflow, node, additional } = load();
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main }, source: null }] },
		});
		return await new WorkflowExecute(additional, mode, data).processRunExecutionData(workflow);
	};
	/** Polls, and starts an execution with the result, unless the workflow was published again meanwhile. */
	const run = async (one: Published) => {
		const response = await trigger.poll.call(one.context);
		if (published !== one || response === null) return;
		save(one.workflow);
		begun++;
		const { data } = await execute(response, 'trigger');
		if (data.resultData.error) throw new Error(data.resultData.error.message);
	};

	const harness: PollingHarness = {
		parameters: options.parameters ?? {},
		credentials: options.credentials,
		executions,
		failures: [],
		begun: () => begun,
		items: () => executions.flat().map(({ json }) => json),
		newItems: () => {
			const all = harness.items();
			const fresh = all.slice(returned);
			returned = all.length;
			return fresh;
		},
		publish: async (activation = 'activate') => {
			const { workflow, node, additional } = load();
			const context = new PollContext(workflow, node, additional, 'trigger', activation);
			published = { workflow, context };
			await run(published);
			save(workflow);
		},
		poll: async () => {
			if (!published) throw new Error('The workflow is not published');
			await run(published).catch((error: unknown) => {
				harness.failures.push(error instanceof Error ? error : new Error(String(error)));
			});
		},
		restart: async () => {
			published = undefined;
			await harness.publish('init');
		},
		fetchTestEvent: async () => {
			const { data } = await execute([[{ json: {} }]], 'manual');
			if (data.resultData.error) throw new Error(data.resultData.error.message);
			const output = data.resultData.runData[TRIGGER]?.[0]?.data?.main?.[0] ?? [];
			return output.map(({ json }) => json);
		},
		saved: () => jsonParse<Record<string, IDataObject>>(database)[`node:${TRIGGER}`] ?? {},
		savedBytes: () => Buffer.byteLength(database),
		overwrite: (state) => {
			database = JSON.stringify({ [`node:${TRIGGER}`]: state });
		},
		inMemory: () => {
			const node = published?.workflow.getNode(TRIGGER);
			if (!published || !node) throw new Error('The workflow is not published');
			return published.workflow.getStaticData('node', node);
		},
	};
	return harness;
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
			if (this.getMode() !== 'manual') executions.push(this.getInputData());
			return await Promise.resolve([this.getInputData()]);
		},
	};
}
