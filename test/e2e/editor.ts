import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import { callable } from './webhookSender.js';
import type { Environment } from './environment.js';
import { LINQ_NODE, noOp, workflowOf } from './workflows.js';

const TRIGGER_NODE = 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersTrigger';

/** Tests what the editor requests of the credential and the nodes, and how a person publishes or tests the trigger. */
export function editor(environment: () => Environment): void {
	beforeEach(() => {
		environment().reset();
	});
	const credentials = () => ({ linqApi: { id: environment().credential, name: 'Linq API' } });

	describe("the credential's test", () => {
		const test = async (data: object) =>
			await environment().api.editor<{ status: string; message: string }>(
				'POST',
				'/credentials/test',
				{
					credentials: { id: environment().credential, name: 'Linq API', type: 'linqApi', data },
				},
			);

		it('succeeds with the right key', async () => {
			const { apiKey, baseUrl } = environment().linq;
			// n8n's setting for other nodes, as the README advises.
			for (const allowedHttpRequestDomains of ['all', 'none']) {
				const { status } = await test({ apiKey, baseUrl, allowedHttpRequestDomains });
				assert.equal(status, 'OK');
			}
		});

		it('fails with a wrong key', async () => {
			const { status, message } = await test({
				apiKey: 'wrong',
				baseUrl: environment().linq.baseUrl,
			});
			assert.equal(status, 'Error');
			assert.match(message, /Authorization failed|Unauthorized|credentials/i);
		});

		it('fails if the base URL is a web page', async () => {
			const site = Fastify();
			site.get('*', async (_, reply) => await reply.type('text/html').send('<html>Hello</html>'));
			try {
				const baseUrl = await site.listen({ host: '127.0.0.1', port: 0 });
				const { status, message } = await test({ apiKey: 'any', baseUrl });
				assert.equal(status, 'Error');
				assert.match(message, /This base URL responded, but not like the Linq API/);
			} finally {
				await site.close();
			}
		});
	});

	it('the picker lists the lines, and searches them', async () => {
		const search = async (filter?: string) =>
			await environment().api.editor<{ results: Array<{ name: string; value: string }> }>(
				'POST',
				'/dynamic-node-parameters/resource-locator-results',
				{
					nodeTypeAndVersion: { name: LINQ_NODE, version: 1 },
					path: 'parameters.line',
					methodName: 'searchLines',
					currentNodeParameters: { operation: 'updateForwarding' },
					credentials: credentials(),
					filter,
				},
			);
		assert.deepEqual(
			(await search()).results.map(({ name }) => name),
			[
				'+12025550001 (HEALTHY) → +12025559999',
				'+12025550002 (AT_RISK)',
				'+12025550003 (CRITICAL)',
				'+12025550004 (HEALTHY)',
				'+12025550005 (AT_RISK)',
			],
		);
		assert.deepEqual(await search('0003'), {
			results: [{ name: '+12025550003 (CRITICAL)', value: environment().linq.lines[2]?.id }],
		});
	});

	it('the trigger offers the lines', async () => {
		const choices = await environment().api.editor<Array<{ name: string; value: string }>>(
			'POST',
			'/dynamic-node-parameters/options',
			{
				nodeTypeAndVersion: { name: TRIGGER_NODE, version: 2 },
				path: 'parameters.lines',
				methodName: 'getLines',
				currentNodeParameters: {},
				credentials: credentials(),
			},
		);
		assert.deepEqual(choices[0], { name: '+12025550001 (HEALTHY)', value: '+12025550001' });
		assert.equal(choices.length, 5);
	});

	describe('the trigger', () => {
		const TRIGGER = 'On a change';
		const workflow = (name: string) =>
			workflowOf(name, [
				{
					name: TRIGGER,
					type: TRIGGER_NODE,
					typeVersion: 2,
					webhookId: `e2e-${name}`,
					credentials: credentials(),
				},
				noOp('Then'),
			]);
		const until = async (what: string, isDone: () => boolean) => {
			for (let tries = 0; !isDone(); tries++) {
				assert(tries < 100, `waited ten seconds for ${what}`);
				await delay(100);
			}
		};

		it('is published, starts the workflow, and is unpublished', async () => {
			const { api, linq } = environment();
			const id = await api.createWorkflow(workflow('published'));
			await api.publish(id);
			await until('the subscription to be created', () => linq.subscriptions.all.length === 1);
			await delay(500);
			const deliveries = await linq.changeReputation('+12025550001', 'AT_RISK');
			assert.deepEqual(
				deliveries.map(({ status }) => status),
				[200],
			);
			const [execution] = await api.ended(id, 1);
			const item = execution?.data?.resultData.runData[TRIGGER]?.[0]?.data?.main?.[0]?.[0];
			assert.equal(item?.json.reputation_change, 'worsened');
			assert.equal(Object.keys(item.json).includes('webhookId'), false);
			await api.unpublish(id);
			await until('the subscription to be deleted', () => linq.subscriptions.all.length === 0);
		});

		it('listens for a test event at an address of its own', async () => {
			const { api, linq } = environment();
			const id = await api.createWorkflow(workflow('tested'));
			const saved = await api.editor<object>('GET', `/workflows/${id}`);
			const waiting = await api.editor<{ waitingForWebhook?: boolean }>(
				'POST',
				`/workflows/${id}/run`,
				{
					// n8n 1 needs the workflow itself, n8n 2 loads it from its database.
					workflowData: saved,
					triggerToStartFrom: { name: TRIGGER },
				},
			);
			assert.equal(waiting.waitingForWebhook, true);
			await until('the subscription to be created', () => linq.subscriptions.all.length === 1);
			const [subscription] = linq.subscriptions.all;
			assert(subscription);
			assert.match(callable(subscription), /\/webhook-test\//);
			await delay(500);
			const deliveries = await linq.changeReputation('+12025550001', 'CRITICAL');
			assert.deepEqual(
				deliveries.map(({ status }) => status),
				[200],
			);
			const [execution] = await api.ended(id, 1);
			assert.equal(execution?.mode, 'manual');
			const item = execution.data?.resultData.runData[TRIGGER]?.[0]?.data?.main?.[0]?.[0];
			assert.equal(item?.json.new_reputation, 'CRITICAL');
			await until('the subscription to be deleted', () => linq.subscriptions.all.length === 0);
		});
	});
}
