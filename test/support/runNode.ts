import 'reflect-metadata';
import type { ExecuteContext } from 'n8n-core';
import {
	DirectoryLoader,
	ExecutionLifecycleHooks,
	ExternalSecretsProxy,
	LoadOptionsContext,
	RoutingNode,
	WorkflowExecute,
} from 'n8n-core';
import type {
	IConnections,
	ICredentialDataDecryptedObject,
	ICredentials,
	ICredentialsExpressionResolveValues,
	IDataObject,
	IExecuteData,
	IHttpRequestOptions,
	INode,
	INodeCredentialsDetails,
	INodeExecutionData,
	INodeParameters,
	INodeProperties,
	INodeType,
	INodeTypes,
	IRequestOptionsSimplified,
	IRun,
	IRunExecutionData,
	IWorkflowBase,
	IWorkflowExecuteAdditionalData,
	OnError,
	WorkflowExecuteMode,
} from 'n8n-workflow';
import {
	createRunExecutionData,
	ICredentialsHelper,
	NodeConnectionTypes,
	Workflow,
} from 'n8n-workflow';
import { LinqApi } from '../../credentials/LinqApi.credentials';
// With its extension: otherwise the codex file LinqPhoneNumbers.node.json may be found first.
import { LinqPhoneNumbers } from '../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';

const NODE = 'Node under test';

/** Returns a node that passes input items to the node under test. */
function inputItems(items: IDataObject[]): INodeType {
	return {
		description: {
			displayName: 'Input Items',
			name: 'inputItems',
			group: ['trigger'],
			version: 1,
			description: 'Input of the node under test',
			defaults: {},
			inputs: [],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		execute: async () =>
			await Promise.resolve([items.map((json, item) => ({ json, pairedItem: { item } }))]),
	};
}

/** Returns a node that passes its items back to the node before it, until that has run this often. */
function loopBack(times: number): INodeType {
	let left = times;
	return {
		description: {
			displayName: 'Again',
			name: 'again',
			group: ['transform'],
			version: 1,
			description: 'Closes a loop',
			defaults: {},
			inputs: [NodeConnectionTypes.Main],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		async execute() {
			left--;
			return await Promise.resolve([left > 0 ? this.getInputData() : []]);
		},
	};
}

/** Node types as n8n serves them to the engine: with Request Options, and an execute that routes. */
export class NodeTypes implements INodeTypes {
	private readonly types = new Map<string, INodeType>();

	add(name: string, nodeType: INodeType): this {
		DirectoryLoader.applyDeclarativeNodeOptionParameters(nodeType);
		if (nodeType.description.requestDefaults && !nodeType.execute) {
			nodeType.execute = async function () {
				// Also the context of an agent's tool, which n8n passes in the same way.
				return (await new RoutingNode(this as ExecuteContext, nodeType).runNode()) ?? null;
			};
		}
		this.types.set(name, nodeType);
		return this;
	}

	getByName(name: string): INodeType {
		const nodeType = this.types.get(name);
		if (!nodeType) throw new Error(`No node type ${name}`);
		return nodeType;
	}

	getByNameAndVersion(name: string): INodeType {
		return this.getByName(name);
	}

	getKnownTypes(): IDataObject {
		return {};
	}
}

/** Credentials in memory, applied to requests by their type's own `authenticate`, as n8n does it. */
export class CredentialsInMemory extends ICredentialsHelper {
	private readonly type = new LinqApi();

	constructor(private readonly data: ICredentialDataDecryptedObject) {
		super();
	}

	async authenticate(
		credentials: ICredentialDataDecryptedObject,
		_typeName: string,
		requestOptions: IHttpRequestOptions | IRequestOptionsSimplified,
	): Promise<IHttpRequestOptions> {
		// n8n's HTTP Request node sends options of an older kind through here, as n8n's own helper does.
		return await this.type.authenticate(credentials, requestOptions as IHttpRequestOptions);
	}

	/** Resolves expressions for the item that asks, as `applyDefaultsAndOverwrites` of n8n's credentials-helper.js. */
	async getDecrypted(
		_additionalData: IWorkflowExecuteAdditionalData,
		_nodeCredentials: INodeCredentialsDetails,
		_type: string,
		mode: WorkflowExecuteMode,
		executeData?: IExecuteData,
		_raw?: boolean,
		values?: ICredentialsExpressionResolveValues,
	): Promise<ICredentialDataDecryptedObject> {
		const entries = Object.entries(this.data).map(([name, value]) => {
			if (!values || typeof value !== 'string' || !value.startsWith('=')) return [name, value];
			const resolved = values.workflow.expression.getParameterValue(
				value,
				values.runExecutionData,
				values.runIndex,
				values.itemIndex,
				values.node.name,
				values.connectionInputData,
				mode,
				{},
				executeData,
			);
			return [name, resolved];
		});
		return await Promise.resolve(Object.fromEntries(entries) as ICredentialDataDecryptedObject);
	}

	getParentTypes(): string[] {
		return [];
	}

	isCredentialUsableByNode(): boolean {
		return true;
	}

	async preAuthentication(): Promise<undefined> {
		await Promise.resolve(undefined);
	}

	async runPreAuthentication(): Promise<undefined> {
		await Promise.resolve(undefined);
	}

	async getCredentials(): Promise<ICredentials> {
		return await Promise.reject(new Error('Credentials are in memory'));
	}

	async updateCredentials(): Promise<void> {
		await Promise.reject(new Error('Credentials are in memory'));
	}

	async updateCredentialsOauthTokenData(): Promise<void> {
		await Promise.reject(new Error('Credentials are in memory'));
	}

	getCredentialsProperties(): INodeProperties[] {
		return this.type.properties;
	}
}

/** Returns what an execution needs beside its workflow. */
export function additionalData(
	credentials: ICredentialDataDecryptedObject,
	workflow: IWorkflowBase,
): IWorkflowExecuteAdditionalData {
	const url = 'http://127.0.0.1:5678';
	return {
		credentialsHelper: new CredentialsInMemory(credentials),
		executeWorkflow: async () => await Promise.reject(new Error('There are no other workflows')),
		getRunExecutionData: () => Promise.resolve<IRunExecutionData | undefined>(undefined),
		getRuntimeCredential: () => Promise.resolve<IDataObject[string] | undefined>(undefined),
		startRunnerTask: async () => await Promise.reject(new Error('There are no task runners')),
		currentNodeExecutionIndex: 0,
		restApiUrl: url,
		instanceBaseUrl: url,
		formBaseUrl: url,
		formWaitingBaseUrl: url,
		formTestBaseUrl: url,
		webhookBaseUrl: url,
		webhookWaitingBaseUrl: url,
		webhookTestBaseUrl: url,
		mcpBaseUrl: url,
		mcpTestBaseUrl: url,
		variables: {},
		externalSecretsProxy: new ExternalSecretsProxy(),
		logAiEvent: () => undefined,
		hooks: new ExecutionLifecycleHooks('manual', '1', workflow),
	};
}

/** Returns a workflow as n8n saves it. */
export function savedWorkflow(nodes: INode[], connections: IConnections): IWorkflowBase {
	return {
		id: '1',
		name: 'Test',
		active: false,
		isArchived: false,
		activeVersionId: null,
		createdAt: new Date(),
		updatedAt: new Date(),
		nodes,
		connections,
		settings: { executionOrder: 'v1' },
	};
}

/** Returns the context in which the editor loads a node's options. Without credentials, none is selected in the node. */
export function loadOptionsContext(
	nodeType: INodeType,
	parameters: INodeParameters,
	credentials: ICredentialDataDecryptedObject | undefined,
): LoadOptionsContext {
	const node: INode = {
		id: '1',
		name: NODE,
		type: 'node',
		typeVersion: 1,
		position: [0, 0],
		parameters,
		credentials: credentials && { linqApi: { id: '1', name: 'Linq API' } },
	};
	const saved = savedWorkflow([node], {});
	const nodeTypes = new NodeTypes().add('node', nodeType);
	const workflow = new Workflow({ ...saved, nodeTypes });
	return new LoadOptionsContext(workflow, node, additionalData(credentials ?? {}, saved), '');
}

/** What to run: the node's parameters and settings, and what surrounds it. */
export interface NodeRun {
	parameters: INodeParameters;
	/** One empty item by default, as a Manual Trigger gives it. */
	items?: IDataObject[];
	/** None selected in the node by default. */
	credentials?: ICredentialDataDecryptedObject;
	onError?: OnError;
	retryOnFail?: boolean;
	executeOnce?: boolean;
	alwaysOutputData?: boolean;
	/** The node under test; Linq Phone Numbers by default. */
	nodeType?: INodeType;
	/** Its full name; n8n lets its own HTTP Request node use any credential, by this name. */
	typeName?: string;
	typeVersion?: number;
	/** How often the node runs in the execution, as in a loop; once by default. */
	times?: number;
	/** `integrated` for a sub-workflow. */
	mode?: WorkflowExecuteMode;
	/** Nodes that follow it; the result is then that of the last. */
	then?: Array<{ nodeType: INodeType; typeVersion: number; parameters: INodeParameters }>;
}

/** The outcome of a run. */
export interface NodeResult {
	/** Items by output: the second is the error output. */
	outputs: INodeExecutionData[][];
	/** The error that ended the execution. */
	error: IRun['data']['resultData']['error'];
	status: IRun['status'];
	/** Everything that n8n would save of the execution. */
	run: IRun;
}

/** A run in progress. */
export interface RunHandle {
	result: Promise<NodeResult>;
	/** Stops the execution, as the editor's button does. */
	cancel: () => void;
}

/** Starts an execution at a node, in a way that all versions of the engine have. */
function execute(
	workflow: Workflow,
	additional: IWorkflowExecuteAdditionalData,
	start: string,
	mode: WorkflowExecuteMode = 'manual',
) {
	const node = workflow.getNode(start);
	if (!node) throw new Error(`No node ${start}`);
	const data = createRunExecutionData({
		executionData: {
			nodeExecutionStack: [{ node, data: { main: [[{ json: {} }]] }, source: null }],
		},
	});
	return new WorkflowExecute(additional, mode, data).processRunExecutionData(workflow);
}

/** Starts an execution of Input Items → the node under test, in n8n's own engine. */
export function startRun(run: NodeRun): RunHandle {
	const nodes: INode[] = [
		{ id: '1', name: 'Input', type: 'input', typeVersion: 1, position: [0, 0], parameters: {} },
		{
			id: '2',
			name: NODE,
			type: run.typeName ?? 'node',
			typeVersion: run.typeVersion ?? 1,
			position: [200, 0],
			parameters: run.parameters,
			credentials: run.credentials && { linqApi: { id: '1', name: 'Linq API' } },
			onError: run.onError,
			retryOnFail: run.retryOnFail,
			executeOnce: run.executeOnce,
			alwaysOutputData: run.alwaysOutputData,
			waitBetweenTries: run.retryOnFail ? 1 : undefined,
		},
	];
	const nodeTypes = new NodeTypes()
		.add('input', inputItems(run.items ?? [{}]))
		.add(run.typeName ?? 'node', run.nodeType ?? new LinqPhoneNumbers());
	const connections: IConnections = {
		Input: { main: [[{ node: NODE, type: NodeConnectionTypes.Main, index: 0 }]] },
	};
	for (const [index, { nodeType, typeVersion, parameters }] of (run.then ?? []).entries()) {
		const name = `Then ${index}`;
		const before = nodes.at(-1)?.name ?? NODE;
		connections[before] = { main: [[{ node: name, type: NodeConnectionTypes.Main, index: 0 }]] };
		nodes.push({ id: name, name, type: name, typeVersion, position: [0, 0], parameters });
		nodeTypes.add(name, nodeType);
	}
	if (run.times !== undefined) {
		nodes.push({
			id: 'again',
			name: 'Again',
			type: 'again',
			typeVersion: 1,
			position: [400, 0],
			parameters: {},
		});
		nodeTypes.add('again', loopBack(run.times));
		connections[NODE] = { main: [[{ node: 'Again', type: NodeConnectionTypes.Main, index: 0 }]] };
		connections.Again = { main: [[{ node: NODE, type: NodeConnectionTypes.Main, index: 0 }]] };
	}
	const last = run.times === undefined ? (nodes.at(-1)?.name ?? NODE) : NODE;
	const saved = savedWorkflow(nodes, connections);
	const workflow = new Workflow({ ...saved, nodeTypes });
	const additional = additionalData(run.credentials ?? {}, saved);
	const execution = execute(workflow, additional, 'Input', run.mode);
	const result = execution.then((finished) => {
		const task = finished.data.resultData.runData[last]?.at(-1);
		return {
			outputs: (task?.data?.main ?? []).map((items) => items ?? []),
			error: finished.data.resultData.error,
			status: finished.status,
			run: finished,
		};
	});
	return {
		result,
		cancel: () => {
			execution.cancel();
		},
	};
}

/** Runs the node under test to the end. */
export async function runNode(run: NodeRun): Promise<NodeResult> {
	return await startRun(run).result;
}

/** What to run as a tool. */
export interface ToolRun {
	parameters: INodeParameters;
	credentials: ICredentialDataDecryptedObject;
	/** The agent's own input items; it calls the tool once for each. */
	items: IDataObject[];
	/** What the agent's model fills in. */
	toolArguments: IDataObject;
	onError?: OnError;
	retryOnFail?: boolean;
}

/** The type that n8n's ai-tools.ts makes of the node. */
const TOOL_TYPE = 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersTool';

interface InvokableTool {
	name: string;
	description: string;
	invoke: (toolArguments: IDataObject) => Promise<unknown>;
}

/**
 * Runs the node as the tool of an agent that gets its tools by `getInputConnectionData`: agents before version 3, nested
 * agents, the MCP Server Trigger.
 *
 * @returns what the tool returns for each of the agent's items, empty if it throws
 */
export async function runTool(run: ToolRun): Promise<string[]> {
	const results: string[] = [];
	const agent: INodeType = {
		description: {
			displayName: 'Agent',
			name: 'agent',
			group: ['transform'],
			version: 1,
			description: 'Calls its tool',
			defaults: {},
			inputs: [NodeConnectionTypes.Main, { type: NodeConnectionTypes.AiTool }],
			outputs: [NodeConnectionTypes.Main],
			properties: [],
		},
		async execute() {
			for (const item of this.getInputData().keys()) {
				const [tool] = (await this.getInputConnectionData(
					NodeConnectionTypes.AiTool,
					item,
				)) as InvokableTool[];
				if (!tool) throw new Error('The agent has no tool');
				// Such an agent's model sees nothing of an error.
				results.push(String(await tool.invoke(run.toolArguments).catch(() => '')));
			}
			return [this.getInputData()];
		},
	};
	const node = new LinqPhoneNumbers();
	node.description.outputs = [NodeConnectionTypes.AiTool];
	const nodes: INode[] = [
		{ id: '1', name: 'Input', type: 'input', typeVersion: 1, position: [0, 0], parameters: {} },
		{ id: '2', name: 'Agent', type: 'agent', typeVersion: 1, position: [0, 0], parameters: {} },
		{
			id: '3',
			name: NODE,
			type: TOOL_TYPE,
			typeVersion: 1,
			position: [0, 0],
			parameters: run.parameters,
			credentials: { linqApi: { id: '1', name: 'Linq API' } },
			onError: run.onError,
			retryOnFail: run.retryOnFail,
			waitBetweenTries: run.retryOnFail ? 1 : undefined,
		},
	];
	const saved = savedWorkflow(nodes, {
		Input: { main: [[{ node: 'Agent', type: NodeConnectionTypes.Main, index: 0 }]] },
		[NODE]: { ai_tool: [[{ node: 'Agent', type: NodeConnectionTypes.AiTool, index: 0 }]] },
	});
	const nodeTypes = new NodeTypes()
		.add('input', inputItems(run.items))
		.add('agent', agent)
		.add(TOOL_TYPE, node);
	const workflow = new Workflow({ ...saved, nodeTypes });
	const finished = await execute(workflow, additionalData(run.credentials, saved), 'Input');
	if (finished.data.resultData.error) throw finished.data.resultData.error;
	return results;
}
