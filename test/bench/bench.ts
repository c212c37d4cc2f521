import '../engine';
import Table from 'cli-table3';
import type {
	IDataObject,
	IExecuteFunctions,
	INodeParameters,
	INodeType,
	IVersionedNodeType,
} from 'n8n-workflow';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LinqPhoneNumbers } from '../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { flatten, readPhoneNumberList } from '../../nodes/linq/phoneNumber';
import type { NodeRun } from '../engine';
import { runNode } from '../engine';
import { manyLines } from '../linqServer/lines';
import type { LinqServer } from '../linqServer/server';
import { startLinqServer } from '../linqServer/server';

const ROUNDS = 9;
const UPDATES = 1_000;
const FORWARD = '+12025557777';

/**
 * Medians in milliseconds, the ways taken in turn so that each meets the same machine. Nothing forces the garbage
 * collector: that would throw compiled code away as well, and no n8n that is running does it.
 */
async function measure(
	server: LinqServer,
	ways: Record<string, () => Promise<unknown>>,
): Promise<Map<string, number>> {
	const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
	for (let round = -1; round < ROUNDS; round++) {
		for (const [name, way] of Object.entries(ways)) {
			// What the local server has recorded is no part of the work.
			server.requests.length = 0;
			const start = performance.now();
			await way();
			// The first round warms up.
			if (round >= 0) times.get(name)?.push(performance.now() - start);
		}
	}
	return new Map(
		[...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1] ?? NaN]),
	);
}

function print(title: string, medians: Map<string, number>, base: string): void {
	const unit = medians.get(base) ?? NaN;
	const table = new Table({ head: [title, 'ms', `of ${base}`], style: { head: [], border: [] } });
	for (const [name, ms] of medians) table.push([name, ms.toFixed(1), (ms / unit).toFixed(2)]);
	console.log(table.toString());
}

async function run(node: NodeRun, expected: number): Promise<void> {
	const { outputs, error } = await runNode(node);
	if (error || outputs[0]?.length !== expected) {
		throw new Error(`${outputs[0]?.length ?? 0} of ${expected} items: ${error?.message ?? ''}`);
	}
}

/** One of n8n's own nodes, from the n8n that the demo has installed. */
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

/** The same updates as one would write them by hand in a node's execute, ten at a time. */
class ProgrammaticUpdate implements INodeType {
	description = { ...new LinqPhoneNumbers().description, requestDefaults: undefined };

	async execute(this: IExecuteFunctions) {
		const items = this.getInputData();
		const { baseUrl } = await this.getCredentials<{ baseUrl: string }>('linqApi');
		const output: IDataObject[] = [];
		let next = 0;
		const worker = async () => {
			for (let item = next++; item < items.length; item = next++) {
				const line = this.getNodeParameter('phoneNumber', item, '', { extractValue: true });
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

async function benchList(server: LinqServer, httpRequest: INodeType | undefined): Promise<void> {
	const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
	const splitOut = n8nNode('Transform/SplitOut/SplitOut.node.js', 'SplitOut', 1);
	const editFields = n8nNode('Set/Set.node.js', 'Set', 3.4);
	const assignments = Object.entries({
		id: 'id',
		phone_number: 'phone_number',
		forwarding_number: 'forwarding_number',
		reputation_status: 'reputation.status',
		reputation_doc_url: 'reputation.doc_url',
		health_status: 'health_status.status',
		health_doc_url: 'health_status.doc_url',
	}).map(([name, path]) => ({ id: name, name, type: 'string', value: `={{ $json.${path} }}` }));
	for (const count of [100, 1_000, 10_000]) {
		server.lines.splice(0, server.lines.length, ...manyLines(count));
		const ways: Record<string, () => Promise<unknown>> = {
			'bare fetch': async () => {
				const answer = await fetch(`${server.baseUrl}/v3/phone_numbers`, {
					headers: { authorization: `Bearer ${server.apiKey}` },
				});
				return readPhoneNumberList(JSON.parse(await answer.text())).map(flatten);
			},
			'Linq Phone Numbers': async () => {
				await run({ parameters: { operation: 'list' }, credentials }, count);
			},
		};
		if (httpRequest && splitOut && editFields) {
			ways['HTTP Request + Split Out + Edit Fields'] = async () => {
				await run(
					{
						nodeType: httpRequest,
						typeName: 'n8n-nodes-base.httpRequest',
						typeVersion: 4.2,
						parameters: {
							url: `${server.baseUrl}/v3/phone_numbers`,
							authentication: 'predefinedCredentialType',
							nodeCredentialType: 'linqApi',
						},
						credentials,
						then: [
							{
								nodeType: splitOut,
								typeVersion: 1,
								parameters: { fieldToSplitOut: 'phone_numbers' },
							},
							{
								nodeType: editFields,
								typeVersion: 3.4,
								parameters: { mode: 'manual', assignments: { assignments }, options: {} },
							},
						],
					},
					count,
				);
			};
		}
		print(`list ${count} lines`, await measure(server, ways), 'bare fetch');
	}
}

/**
 * @param backlog how many connections the server lets wait. Of a thousand that come at once, those over it are
 * tried again by the operating system after a second.
 */
async function benchUpdates(backlog: number, httpRequest: INodeType | undefined): Promise<void> {
	const server = await startLinqServer({ backlog });
	const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
	server.lines.splice(0, server.lines.length, ...manyLines(UPDATES));
	const items = server.lines.map(({ id, phone_number }) => ({ id, phone_number }));
	const parameters = (mode: string, value: string): INodeParameters => ({
		operation: 'updateForwarding',
		phoneNumber: { __rl: true, mode, value },
		forwarding: 'set',
		forwardingNumber: FORWARD,
	});
	const byId = parameters('id', '={{ $json.id }}');
	const ways: Record<string, () => Promise<unknown>> = {
		'programmatic, 10 at a time': async () => {
			await run(
				{ nodeType: new ProgrammaticUpdate(), parameters: byId, items, credentials },
				UPDATES,
			);
		},
		'Linq Phone Numbers, by id': async () => {
			await run({ parameters: byId, items, credentials }, UPDATES);
		},
		'Linq Phone Numbers, by number': async () => {
			await run(
				{ parameters: parameters('number', '={{ $json.phone_number }}'), items, credentials },
				UPDATES,
			);
		},
	};
	if (httpRequest) {
		ways['HTTP Request'] = async () => {
			await run(
				{
					nodeType: httpRequest,
					typeName: 'n8n-nodes-base.httpRequest',
					typeVersion: 4.2,
					parameters: {
						method: 'PUT',
						url: `=${server.baseUrl}/v3/phone_numbers/{{ $json.id }}`,
						authentication: 'predefinedCredentialType',
						nodeCredentialType: 'linqApi',
						sendBody: true,
						bodyParameters: { parameters: [{ name: 'forwarding_number', value: FORWARD }] },
					},
					items,
					credentials,
					// Some of a thousand connections at once may fail; the others are measured.
					onError: 'continueRegularOutput',
				},
				UPDATES,
			);
		};
	}
	try {
		print(
			`${UPDATES} updates, ${backlog} may wait`,
			await measure(server, ways),
			httpRequest ? 'HTTP Request' : 'programmatic, 10 at a time',
		);
	} finally {
		await server.close();
	}
}

async function bench(): Promise<void> {
	const httpRequest = n8nNode('HttpRequest/HttpRequest.node.js', 'HttpRequest', 4.2);
	if (!httpRequest) console.log("n8n's own nodes join in once npm run demo has installed n8n.");
	const server = await startLinqServer();
	try {
		await benchList(server, httpRequest);
	} finally {
		await server.close();
	}
	for (const backlog of [511, 2_048]) await benchUpdates(backlog, httpRequest);
}

bench().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
