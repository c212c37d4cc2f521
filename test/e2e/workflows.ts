import type { IConnections, INode } from 'n8n-workflow';
import type { WorkflowToCreate } from './n8nApi.js';

/** A node of a workflow under test; `workflowOf` fills in the rest. */
export type NodeToTest = Partial<INode> & { name: string; type: string };

export const LINQ = 'Linq';
export const LINQ_NODE = 'n8n-nodes-linq-phone-numbers.linqPhoneNumbers';

/** Returns the node under test. */
export function linqNode(
	credential: string,
	parameters: INode['parameters'],
	settings: Partial<INode> = {},
): NodeToTest {
	return {
		name: LINQ,
		type: LINQ_NODE,
		parameters,
		credentials: { linqApi: { id: credential, name: 'Linq API' } },
		...settings,
	};
}

/** Returns nodes that start a workflow by a webhook, with the items of the request. */
export function calledWithItems(path: string): NodeToTest[] {
	return [
		{
			name: 'Webhook',
			type: 'n8n-nodes-base.webhook',
			typeVersion: 2,
			webhookId: `e2e-${path}`,
			parameters: { httpMethod: 'POST', path, options: {} },
		},
		{
			name: 'Items',
			type: 'n8n-nodes-base.splitOut',
			parameters: { fieldToSplitOut: 'body.items', options: {} },
		},
	];
}

/** Returns a node that does nothing, to find the items that reach it. */
export function noOp(name: string): NodeToTest {
	return { name, type: 'n8n-nodes-base.noOp' };
}

/** Returns a workflow with a chain of nodes, and further nodes and connections. */
export function workflowOf(
	name: string,
	chain: NodeToTest[],
	{ nodes = [], connections = {} }: { nodes?: NodeToTest[]; connections?: IConnections } = {},
): WorkflowToCreate {
	const following: IConnections = {};
	for (const [index, node] of chain.slice(1).entries()) {
		const before = chain[index]?.name ?? '';
		following[before] = { main: [[{ node: node.name, type: 'main', index: 0 }]] };
	}
	return {
		name,
		nodes: [...chain, ...nodes].map((node, index) => ({
			id: `node-${index}`,
			typeVersion: 1,
			position: [200 * index, 0] as [number, number],
			parameters: {},
			...node,
		})),
		connections: { ...following, ...connections },
	};
}
