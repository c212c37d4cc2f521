import type {
	IDataObject,
	IExecuteFunctions,
	IExecutePaginationFunctions,
	INodeExecutionData,
	INodeParameters,
	INodeType,
	IVersionedNodeType,
} from 'n8n-workflow';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LinqPhoneNumbers } from '../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import type { NodeRun } from '../support/runNode';
import { runNode } from '../support/runNode';
import type { LinqProcess } from './forkFakeApi';

/** Not the number of any line. */
export const FORWARD = '+13105557777';

/** Runs a node, and returns its items; throws if their count is not the expected one. */
export async function run(node: NodeRun, expected: number): Promise<IDataObject[]> {
	const { outputs, error } = await runNode(node);
	if (error || outputs[0]?.length !== expected) {
		throw new Error(`${outputs[0]?.length ?? 0} of ${expected} items: ${error?.message ?? ''}`);
	}
	return outputs[0].map(({ json }) => json);
}

/** Returns the parameters of an update of the line that each item names. */
export function update(
	mode: 'id' | 'number',
	to = FORWARD,
	options: INodeParameters = {},
): INodeParameters {
	return {
		operation: 'updateForwarding',
		line: {
			__rl: true,
			mode,
			value: mode === 'id' ? '={{ $json.id }}' : '={{ $json.phone_number }}',
		},
		forwarding: 'set',
		forwardingNumber: to,
		options,
	};
}

/** Loads one of n8n's own nodes from the n8n that the demo has installed; undefined if it has not. */
function n8nNode(path: string, exported: string, version: number): INodeType | undefined {
	const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
	const folder = join(
		cache,
		'n8n-nodes-linq-phone-numbers',
		`n8n-2.41.1-node${process.versions.modules}`,
		'node_modules/n8n-nodes-base/dist/nodes',
	);
	if (!existsSync(folder)) return undefined;
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- only there once the demo has run
	const loaded = require(join(folder, path)) as Record<
		string,
		new () => INodeType | IVersionedNodeType
	>;
	const NodeClass = loaded[exported];
	if (!NodeClass) throw new Error(`n8n has no node ${exported}`);
	const node = new NodeClass();
	return 'nodeVersions' in node ? node.getNodeType(version) : node;
}

const httpRequest = n8nNode('HttpRequest/HttpRequest.node.js', 'HttpRequest', 4.2);
const splitOut = n8nNode('Transform/SplitOut/SplitOut.node.js', 'SplitOut', 1);
const editFields = n8nNode('Set/Set.node.js', 'Set', 3.4);

/** Whether n8n's own nodes are there to compare with. */
export const hasN8n = httpRequest !== undefined;

/** Returns the same list by n8n's own nodes. */
export function listByHttpRequest({ credentials }: LinqProcess): NodeRun {
	if (!httpRequest || !splitOut || !editFields) throw new Error('n8n is not installed');
	const assignments = Object.entries({
		id: 'id',
		phone_number: 'phone_number',
		forwarding_number: 'forwarding_number',
		reputation_status: 'reputation.status',
		reputation_doc_url: 'reputation.doc_url',
		health_status: 'health_status.status',
		health_doc_url: 'health_status.doc_url',
	}).map(([name, path]) => ({ id: name, name, type: 'string', value: `={{ $json.${path} }}` }));
	return {
		nodeType: httpRequest,
		typeName: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			url: `${credentials.baseUrl}/v3/phone_numbers`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'linqApi',
		},
		credentials,
		then: [
			{ nodeType: splitOut, typeVersion: 1, parameters: { fieldToSplitOut: 'phone_numbers' } },
			{
				nodeType: editFields,
				typeVersion: 3.4,
				parameters: { mode: 'manual', assignments: { assignments }, options: {} },
			},
		],
	};
}

/** Returns the same updates by n8n's own node. */
export function updateByHttpRequest({ credentials }: LinqProcess, items: IDataObject[]): NodeRun {
	if (!httpRequest) throw new Error('n8n is not installed');
	return {
		nodeType: httpRequest,
		typeName: 'n8n-nodes-base.httpRequest',
		typeVersion: 4.2,
		parameters: {
			method: 'PUT',
			url: `=${credentials.baseUrl}/v3/phone_numbers/{{ $json.id }}`,
			authentication: 'predefinedCredentialType',
			nodeCredentialType: 'linqApi',
			sendBody: true,
			bodyParameters: { parameters: [{ name: 'forwarding_number', value: FORWARD }] },
		},
		items,
		credentials,
		// Some of a thousand connections at once may fail; the others are measured.
		onError: 'continueRegularOutput',
	};
}

/** The node without its work, to measure what n8n's engine itself needs for the items. */
export class NoOpNode implements INodeType {
	description = new LinqPhoneNumbers().description;

	constructor() {
		const operation = this.description.properties.find(({ name }) => name === 'operation');
		if (!operation?.options) throw new Error('The node has no operations');
		operation.options = operation.options.map((option) =>
			'value' in option
				? { ...option, routing: { ...option.routing, operations: { pagination: noOp } } }
				: option,
		);
	}
}

async function noOp(this: IExecutePaginationFunctions): Promise<INodeExecutionData[]> {
	return await Promise.resolve([{ json: {}, pairedItem: { item: this.getItemIndex() } }]);
}

/** The same updates in a programmatic node, ten at a time. */
export class ProgrammaticUpdate implements INodeType {
	description = { ...new LinqPhoneNumbers().description, requestDefaults: undefined };

	async execute(this: IExecuteFunctions) {
		const items = this.getInputData();
		const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('linqApi');
		const output: IDataObject[] = [];
		let next = 0;
		const worker = async () => {
			for (let item = next++; item < items.length; item = next++) {
				const line = this.getNodeParameter('line', item, '', { extractValue: true });
				output[item] = (await this.helpers.httpRequestWithAuthentication.call(this, 'linqApi', {
					method: 'PUT',
					baseURL: baseUrl,
					url: `/v3/phone_numbers/${line as string}`,
					body: { forwarding_number: this.getNodeParameter('forwardingNumber', item) },
					json: true,
				})) as IDataObject;
			}
		};
		await Promise.all(Array.from({ length: 10 }, worker));
		return [output.map((json, item) => ({ json, pairedItem: { item } }))];
	}
}
