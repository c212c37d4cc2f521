import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { reputation } from '../fakeLinqApi/fixtures.js';
import type { FakeLinqApi } from '../fakeLinqApi/server.js';
import type { Environment } from './environment.js';
import type { Execution, N8nApi } from './n8nApi.js';
import type { QueueMode } from './queueModeCluster.js';
import type { NodeToTest } from './workflows.js';
import { noOp, workflowOf } from './workflows.js';

const POLL = 'Poll';
const LAST = 'Then';
const NODE = 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersPollingTrigger';

/** n8n accepts one poll a minute per Poll Time, but any number of Poll Times. */
const EVERY_SECONDS = 5;
const pollTimes = {
	item: Array.from({ length: 60 / EVERY_SECONDS }, (_, index) => ({
		mode: 'custom',
		cronExpression: `${index * EVERY_SECONDS} * * * * *`,
	})),
};

/** Tests the polling trigger in a real n8n. */
export function polling(environment: () => Environment): void {
	before(() => {
		environment().reset();
	});

	it('is published, polls, and loses nothing while n8n is restarted', async () => {
		const { api, n8n, linq, credential } = environment();
		const id = await api.createWorkflow(
			workflow('polling', credential, {
				events: ['reputation', 'forwarding'],
				newReputation: ['AT_RISK', 'CRITICAL'],
			}),
		);
		await publish(api, id);
		await untilPolled(linq);
		assert.deepEqual(await api.executions(id), []);

		rate(linq, 0, 'CRITICAL');
		forward(linq, 1, '+12025558888');
		const reported = await api.ended(id, 1);
		assert.deepEqual(items(reported), [
			['reputation', '+12025550001', 'HEALTHY', 'CRITICAL', '+12025559999', '+12025559999'],
			['forwarding', '+12025550002', 'AT_RISK', 'AT_RISK', null, '+12025558888'],
		]);
		await untilPolled(linq);
		assert.equal((await api.executions(id)).length, 1, 'reported once');

		// The recovery is not reported, but saved: otherwise the relapse would not be reported.
		rate(linq, 0, 'HEALTHY');
		await api.ended(id, 2);
		await n8n.stop();
		rate(linq, 0, 'CRITICAL');
		forward(linq, 1, null);
		// When n8n starts, Linq is down at first: n8n retries by itself.
		linq.faults.push({ times: 2, fault: { kind: 'apiError', code: 1007, retryAfter: 3_600 } });
		await n8n.start();
		const after = await api.ended(id, 3);
		assert.deepEqual(items(after.slice(0, 2)), [
			['reputation', '+12025550001', 'HEALTHY', 'CRITICAL', '+12025559999', '+12025559999'],
			['forwarding', '+12025550002', 'AT_RISK', 'AT_RISK', '+12025558888', null],
		]);

		await n8n.stop('SIGKILL');
		await n8n.start();
		await untilPolled(linq);
		assert.equal((await api.executions(id)).length, 3, 'a restart reports nothing twice');

		// Publishes it unchanged; n8n 1 has to unpublish it first.
		rate(linq, 3, 'AT_RISK');
		await api.unpublish(id);
		await api.publish(id);
		const last = await api.ended(id, 4);
		assert.deepEqual(
			last.map(({ status, mode }) => [status, mode]),
			Array(4).fill(['success', 'trigger']),
		);
		assert.deepEqual(items(last.slice(0, 1)), [
			['reputation', '+12025550004', 'HEALTHY', 'AT_RISK', null, null],
		]);
		await api.unpublish(id);
		linq.requests.length = 0;
		await delay(EVERY_SECONDS * 1_500);
		assert.equal(polls(linq), 0, 'an unpublished workflow polls no more');
	});

	it('a failed poll is listed as a failed execution with the cause, and the next poll reports all changes since', async () => {
		const { api, linq, credential } = environment();
		environment().reset();
		const id = await api.createWorkflow(workflow('failing poll', credential));
		await publish(api, id);
		linq.faults.push({ times: 1, fault: { kind: 'apiError', code: 1007, retryAfter: 3_600 } });
		rate(linq, 3, 'AT_RISK');
		const executions = await api.ended(id, 2);
		assert.deepEqual(
			executions.map(({ status }) => status),
			['success', 'error'],
		);
		assert.match(
			executions[1]?.data?.resultData.error?.message ?? '',
			/^Could not list the lines: Rate limit/i,
		);
		assert.deepEqual(items(executions.slice(0, 1)), [
			['reputation', '+12025550004', 'HEALTHY', 'AT_RISK', null, null],
		]);
		await api.unpublish(id);
	});

	it('is not published with a wrong key, and n8n says why', async () => {
		const { api, linq } = environment();
		const wrong = await api.createCredential('Wrong key', 'linqApi', {
			apiKey: 'wrong',
			baseUrl: linq.baseUrl,
		});
		const id = await api.createWorkflow(workflow('wrong key', wrong));
		await assert.rejects(publish(api, id), /Could not list the lines: Unauthorized/);
		await api.unpublish(id);
	});

	it('Fetch Test Event returns real lines', async () => {
		const { api, credential } = environment();
		environment().reset();
		const id = await api.createWorkflow(
			workflow('test event', credential, { newReputation: ['CRITICAL'] }),
		);
		await api.editor('POST', `/workflows/${id}/run`, {
			// n8n 1 needs the workflow itself, n8n 2 loads it from its database.
			workflowData: await api.editor<object>('GET', `/workflows/${id}`),
			triggerToStartFrom: { name: POLL },
		});
		const executions = await api.ended(id, 1);
		assert.equal(executions[0]?.mode, 'manual');
		assert.deepEqual(items(executions), [
			['reputation', '+12025550003', null, 'CRITICAL', null, null],
		]);
		assert.equal(await savedLines(api, id), undefined);
	});
}

/** Tests the polling trigger in queue mode: the main process only polls, workers execute. */
export function pollingInQueueMode(
	cluster: () => { n8n: QueueMode; linq: FakeLinqApi; credential: string },
): void {
	describe('the polling trigger', () => {
		it('one process polls, another executes, each change is reported once; a killed main process loses nothing', async () => {
			const { n8n, linq, credential } = cluster();
			const { api, main, workers } = n8n;
			const number = (index: number) => linq.lines[index]?.phone_number;
			for (const index of linq.lines.keys()) rate(linq, index, 'HEALTHY');
			const id = await api.createWorkflow(workflow('polling', credential));
			await publish(api, id);
			linq.requests.length = 0;
			await delay(30_000);
			const count = polls(linq);
			console.log(`    polls in 30 seconds, every ${EVERY_SECONDS}: ${count}`);
			const due = 30 / EVERY_SECONDS;
			assert(count >= due - 1 && count <= due + 1, 'each Poll Time polls once');

			for (let change = 0; change < 10; change++) {
				rate(linq, change, 'AT_RISK');
				await untilPolled(linq);
			}
			const reported = await api.ended(id, 10);
			assert.deepEqual(
				items(reported)
					.map(([, phoneNumber]) => phoneNumber)
					.sort(),
				Array.from({ length: 10 }, (_, index) => number(index)).sort(),
			);
			assert(workers.some((worker) => worker.printed().includes('finished execution')));

			await main.stop('SIGKILL');
			rate(linq, 0, 'CRITICAL');
			await main.start();
			const after = await api.ended(id, 11);
			assert.deepEqual(
				items(after.slice(0, 1)).map((item) => item.slice(0, 4)),
				[['reputation', number(0), 'AT_RISK', 'CRITICAL']],
			);
			await untilPolled(linq);
			assert.equal((await api.executions(id)).length, 11);
			await api.unpublish(id);
		});
	});
}

function workflow(name: string, credential: string, parameters: INodeParameters = {}) {
	const trigger: NodeToTest = {
		name: POLL,
		type: NODE,
		parameters: { pollTimes, ...parameters },
		credentials: { linqApi: { id: credential, name: 'Linq API' } },
	};
	return workflowOf(name, [trigger, noOp(LAST)]);
}

function rate({ lines }: FakeLinqApi, index: number, status: string): void {
	const line = lines[index];
	assert(line);
	line.reputation = reputation(status);
	line.health_status = reputation(status);
}

function forward({ lines }: FakeLinqApi, index: number, to: string | null): void {
	const line = lines[index];
	assert(line);
	line.forwarding_number = to;
}

function polls({ requests }: FakeLinqApi): number {
	return requests.filter(({ method, path }) => method === 'GET' && path === '/v3/phone_numbers')
		.length;
}

/** Waits until the lines have been listed twice: then n8n has what the first of both polls returned. */
async function untilPolled(linq: FakeLinqApi): Promise<void> {
	const before = polls(linq);
	for (let tries = 0; polls(linq) < before + 2; tries++) {
		assert(tries < 200, 'n8n polls within 20 seconds');
		await delay(100);
	}
}

/** Returns what executions were started with, the oldest first. Those that ended at the trigger have no items. */
function items(executions: Execution[]): Array<Array<IDataObject[string]>> {
	return executions.toReversed().flatMap(({ data }) => {
		const last = data?.resultData.runData[LAST]?.[0]?.data?.main?.[0] ?? [];
		return last.map(({ json }) => [
			json.event,
			json.phone_number,
			json.previous_reputation,
			json.new_reputation,
			json.previous_forwarding_number,
			json.new_forwarding_number,
		]);
	});
}

/** Publishes a workflow, and waits until n8n has polled and saved the state; throws n8n's error if it cannot. */
async function publish(api: N8nApi, id: string): Promise<void> {
	await api.publish(id);
	for (let tries = 0; (await savedLines(api, id)) === undefined; tries++) {
		assert(tries < 300, 'n8n polls within 30 seconds');
		// n8n 2 publishes after it has responded.
		const { triggers } = await api.editor<{
			triggers: Array<{ errorMessage: string | null }>;
		}>('GET', `/workflows/${id}/publication-status`);
		for (const { errorMessage } of triggers) if (errorMessage) throw new Error(errorMessage);
		await delay(100);
	}
}

/** Returns what n8n has saved of the lines. */
async function savedLines(api: N8nApi, id: string): Promise<unknown> {
	const { staticData } = await api.editor<{
		staticData: Record<string, { lines?: unknown }> | null;
	}>('GET', `/workflows/${id}`);
	return staticData?.[`node:${POLL}`]?.lines;
}
