import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { INode } from 'n8n-workflow';
import { format } from 'prettier';
import type { Execution } from './n8nApi.js';
import type { OpenAi, ShownTool } from './fakeOpenAi.js';
import { startOpenAi } from './fakeOpenAi.js';
import type { Environment } from './environment.js';
import { calledWithItems, linqNode, workflowOf } from './workflows.js';

const AGENT = '@n8n/n8n-nodes-langchain.agent';
const FORWARD = '+12025557777';
const LINE = '+12025550003';

/** The type that n8n's ai-tools.ts makes of the node. */
const TOOL = 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersTool';

const LIST: INode['parameters'] = { operation: 'list' };
/** Returns an expression for a field that the model fills, as the ✨ button writes it: the model sees only its name. */
const byModel = (name: string) =>
	`={{ /*n8n-auto-generated-fromAI-override*/ $fromAI('${name}', \`\`, 'string') }}`;
const UPDATE: INode['parameters'] = {
	operation: 'updateForwarding',
	line: { __rl: true, mode: 'number', value: byModel('Line') },
	forwarding: 'setOrClear',
	forwardingNumber: byModel('Forwarding_Number_or_Clear'),
};
const SET: INode['parameters'] = {
	operation: 'updateForwarding',
	line: { __rl: true, mode: 'number', value: byModel('Line') },
	forwarding: 'set',
	forwardingNumber: byModel('Forwarding_Number'),
};
const CLEAR: INode['parameters'] = {
	operation: 'updateForwarding',
	line: { __rl: true, mode: 'number', value: byModel('Line') },
	forwarding: 'clear',
};
const filled = (line: string, forwarding: string) => ({
	Line: line,
	Forwarding_Number_or_Clear: forwarding,
});

/** What models are shown, as a person last reviewed it. */
const SNAPSHOT = fileURLToPath(new URL('./toolSchemas.snapshot.json', import.meta.url));

/** Tests the node as an agent's tool, and behind n8n's MCP Server Trigger. */
export function agents(environment: () => Environment, update: boolean): void {
	let openAi: OpenAi;
	let openAiCredential: string;
	const shown: Record<string, ShownTool | undefined> = {};

	before(async () => {
		openAi = await startOpenAi();
		openAiCredential = await environment().api.createCredential('OpenAI', 'openAiApi', {
			apiKey: 'local',
			url: openAi.baseUrl,
		});
	});
	after(async () => {
		await openAi.stop();
	});
	beforeEach(() => {
		environment().reset();
		openAi.toolResults.length = 0;
	});

	const tool = (name: string, parameters: INode['parameters']) => ({
		...linqNode(environment().credential, parameters),
		name,
		type: TOOL,
	});
	/** Runs an agent on items, and returns its execution. */
	const runAgent = async (
		path: string,
		typeVersion: number,
		items: object[],
		name: string,
		parameters: INode['parameters'],
	): Promise<Execution> => {
		const { api, n8n } = environment();
		const chain = [
			...calledWithItems(path),
			{
				name: 'Agent',
				type: AGENT,
				typeVersion,
				parameters: {
					...(typeVersion < 2 ? { agent: 'toolsAgent' } : {}),
					promptType: 'define',
					text: 'Do it',
					options: {},
				},
			},
		];
		const workflow = workflowOf(path, chain, {
			nodes: [
				{
					name: 'Model',
					type: '@n8n/n8n-nodes-langchain.lmChatOpenAi',
					typeVersion: 1.2,
					parameters: {
						model: { __rl: true, mode: 'list', value: 'gpt-4o-mini' },
						options: {},
					},
					credentials: { openAiApi: { id: openAiCredential, name: 'OpenAI' } },
				},
				tool(name, parameters),
			],
			connections: {
				Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
				[name]: { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});
		const id = await api.createWorkflow(workflow);
		await api.publish(id);
		let status = 404;
		for (let tries = 0; status === 404 && tries < 50; tries++) {
			if (tries > 0) await delay(100);
			const response = await fetch(`${n8n.address}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ items }),
			});
			status = response.status;
		}
		assert.equal(status, 200);
		const [execution] = await api.ended(id, 1);
		await api.unpublish(id);
		assert(execution);
		assert.equal(execution.status, 'success', execution.data?.resultData.error?.message);
		return execution;
	};
	const agentOutputs = (execution: Execution) =>
		(execution.data?.resultData.runData.Agent?.at(-1)?.data?.main?.[0] ?? []).map(
			({ json }) => json.output,
		);
	const linesOf = (result: string | undefined) =>
		(JSON.parse(result ?? '') as Array<{ phone_number: string }>).map(
			({ phone_number }) => phone_number,
		);

	for (const version of [1.9, 2.2, 3]) {
		describe(`AI Agent ${version}`, () => {
			for (const count of [1, 2]) {
				const items = Array.from({ length: count }, (_, row) => ({ row }));

				it(`lists for each of ${count} items`, async () => {
					openAi.callWith = {};
					const path = `agent-list-${version}-${count}`;
					const execution = await runAgent(path, version, items, 'List Linq lines', LIST);
					assert.equal(openAi.toolResults.length, count);
					for (const result of openAi.toolResults) assert.equal(linesOf(result).length, 5);
					assert.equal(environment().linq.requests.length, count);
					assert.deepEqual(agentOutputs(execution), Array(count).fill('It is done.'));
					[shown.list] = openAi.tools;
				});

				it(`updates for each of ${count} items`, async () => {
					openAi.callWith = filled(LINE, FORWARD);
					const path = `agent-update-${version}-${count}`;
					await runAgent(path, version, items, 'Update Linq forwarding', UPDATE);
					assert.equal(openAi.toolResults.length, count);
					const { linq } = environment();
					for (const result of openAi.toolResults) assert.deepEqual(linesOf(result), [LINE]);
					assert.equal(linq.requests.filter(({ method }) => method === 'PUT').length, count);
					assert.equal(linq.lines[2]?.forwarding_number, FORWARD);
					[shown.updateForwarding] = openAi.tools;
				});
			}

			it('clears with the word clear, and never with an empty value', async () => {
				const { linq } = environment();
				const [line] = linq.lines;
				assert(line?.forwarding_number);
				openAi.callWith = filled(line.phone_number, '');
				await runAgent(`agent-empty-${version}`, version, [{}], 'Update Linq forwarding', UPDATE);
				assert.match(openAi.toolResults[0] ?? '', /The forwarding number is empty/);
				assert.match(openAi.toolResults[0] ?? '', /give the word clear/);
				assert.equal(linq.requests.length, 0);
				assert(line.forwarding_number);
				openAi.callWith = filled(line.phone_number, 'clear');
				await runAgent(`agent-clear-${version}`, version, [{}], 'Update Linq forwarding', UPDATE);
				assert.match(openAi.toolResults[1] ?? '', /"forwarding_number": ?null/);
				assert.equal(line.forwarding_number, null);
			});

			it('a tool that only sets, and one that only clears', async () => {
				const { linq } = environment();
				openAi.callWith = { Line: LINE, Forwarding_Number: FORWARD };
				await runAgent(`agent-set-${version}`, version, [{}], 'Set Linq forwarding', SET);
				assert.equal(linq.lines[2]?.forwarding_number, FORWARD);
				[shown.set] = openAi.tools;
				openAi.callWith = { Line: LINE };
				await runAgent(
					`agent-only-clear-${version}`,
					version,
					[{}],
					'Clear Linq forwarding',
					CLEAR,
				);
				assert.match(openAi.toolResults[1] ?? '', /"previous_forwarding_number": ?"\+12025557777"/);
				assert.match(openAi.toolResults[1] ?? '', /"forwarding_number": ?null/);
				[shown.clear] = openAi.tools;
			});

			it('an unknown line: the model gets the cause and the remedy', async () => {
				openAi.callWith = filled('+12025558888', FORWARD);
				const path = `agent-unknown-${version}`;
				await runAgent(path, version, [{}], 'Update Linq forwarding', UPDATE);
				const [result = ''] = openAi.toolResults;
				assert.match(result, /There is no line \+12025558888 in this Linq account/);
				assert.match(result, /List shows all lines/);
				assert.deepEqual(
					environment().linq.requests.map(({ method }) => method),
					['GET'],
				);
			});
		});
	}

	it("n8n's MCP Server Trigger serves the node to the official MCP client", async () => {
		const { api, n8n, linq } = environment();
		const path = 'mcp-lines';
		const workflow = workflowOf(
			path,
			[
				{
					name: 'MCP',
					type: '@n8n/n8n-nodes-langchain.mcpTrigger',
					typeVersion: 2,
					webhookId: `e2e-${path}`,
					parameters: { path },
				},
			],
			{
				nodes: [tool('List Linq lines', LIST), tool('Update Linq forwarding', UPDATE)],
				connections: {
					'List Linq lines': { ai_tool: [[{ node: 'MCP', type: 'ai_tool', index: 0 }]] },
					'Update Linq forwarding': { ai_tool: [[{ node: 'MCP', type: 'ai_tool', index: 0 }]] },
				},
			},
		);
		const id = await api.createWorkflow(workflow);
		await api.publish(id);
		await delay(1_000);
		const client = new Client({ name: 'e2e', version: '1.0.0' });
		await client.connect(new StreamableHTTPClientTransport(new URL(`${n8n.address}/mcp/${path}`)));
		try {
			const { tools } = await client.listTools();
			assert.deepEqual(tools.map(({ name }) => name).sort(), [
				'List_Linq_lines',
				'Update_Linq_forwarding',
			]);
			const listed = await client.callTool({ name: 'List_Linq_lines', arguments: {} });
			assert.match(JSON.stringify(listed.content), /\+12025550005/);
			const updated = await client.callTool({
				name: 'Update_Linq_forwarding',
				arguments: filled(LINE, FORWARD),
			});
			assert.match(JSON.stringify(updated.content), /\+12025557777/);
			assert.equal(linq.lines[2]?.forwarding_number, FORWARD);
			const unknown = await client.callTool({
				name: 'Update_Linq_forwarding',
				arguments: filled('+12025558888', FORWARD),
			});
			assert.match(JSON.stringify(unknown.content), /There is no line \+12025558888/);
		} finally {
			await client.close();
			await api.unpublish(id);
		}
	});

	it('what models are shown is as a person last reviewed it', async () => {
		const json = await format(JSON.stringify(shown), { parser: 'json', useTabs: true });
		if (update) await writeFile(SNAPSHOT, json);
		assert.deepEqual(JSON.parse(json), JSON.parse(await readFile(SNAPSHOT, 'utf8')));
	});
}
