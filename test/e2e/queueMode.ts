import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { manyLines } from '../fakeLinqApi/fixtures.js';
import type { FakeLinqApi } from '../fakeLinqApi/server.js';
import { startFakeLinqApi } from '../fakeLinqApi/server.js';
import type { Subscription } from '../fakeLinqApi/webhookDelivery.js';
import type { EventSink } from './eventSink.js';
import { startEventSink } from './eventSink.js';
import { pollingInQueueMode } from './polling.js';
import { callable, deliver, deliverSteadily, newEvent, post } from './webhookSender.js';
import type { WorkflowToCreate } from './n8nApi.js';
import type { QueueMode } from './queueModeCluster.js';
import { startQueueMode } from './queueModeCluster.js';

const { values } = parseArgs({ options: { n8n: { type: 'string' } } });
const TRIGGER = 'On a change';

/** As in the trigger's static data. */
interface SavedSubscription {
	signingSecret: string;
	/** Of a subscription that is gone. */
	expiresAt?: number;
}

describe(`n8n ${values.n8n ?? ''} in queue mode`, { timeout: 1_200_000 }, () => {
	let linq: FakeLinqApi;
	let n8n: QueueMode;
	let eventSink: EventSink;
	let credential: string;

	before(async () => {
		linq = await startFakeLinqApi({ plainLoopback: true, lines: manyLines(300) });
		eventSink = await startEventSink();
		n8n = await startQueueMode(values.n8n);
		credential = await n8n.api.createCredential('Linq API', 'linqApi', {
			apiKey: linq.apiKey,
			baseUrl: linq.baseUrl,
		});
	});
	after(async () => {
		await n8n.stop();
		await eventSink.stop();
		await linq.close();
	});

	/** Returns Trigger → a request to the event sink with the event's id. */
	const alerts = (parameters: object = {}, name = 'Alerts'): WorkflowToCreate => ({
		name,
		nodes: [
			{
				id: 'trigger',
				name: TRIGGER,
				type: 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersTrigger',
				typeVersion: 2,
				position: [0, 0],
				webhookId: '0a1b2c3d-0000-4000-8000-000000000001',
				parameters: { ...parameters },
				credentials: { linqApi: { id: credential, name: 'Linq API' } },
			},
			{
				id: 'post',
				name: 'Post',
				type: 'n8n-nodes-base.httpRequest',
				typeVersion: 4.2,
				position: [200, 0],
				parameters: {
					method: 'POST',
					url: eventSink.address,
					sendBody: true,
					bodyParameters: { parameters: [{ name: 'id', value: '={{ $json.event_id }}' }] },
				},
			},
		],
		connections: { [TRIGGER]: { main: [[{ node: 'Post', type: 'main', index: 0 }]] } },
	});
	const subscription = (): Subscription => {
		const [only, ...others] = linq.subscriptions.all;
		assert.equal(others.length, 0, 'one subscription, however many processes');
		assert(only, 'a subscription');
		return only;
	};
	const subscribed = async () => {
		for (let tries = 0; linq.subscriptions.all.length === 0; tries++) {
			assert(tries < 100, 'the trigger subscribes within ten seconds');
			await delay(100);
		}
		// n8n saves the subscription, and registers the webhook.
		await delay(1_000);
	};
	/** Returns the trigger's address at one of the two webhook processors. */
	const direct = (receiver: number) => {
		const { pathname, search } = new URL(callable(subscription()));
		return `${n8n.receivers[receiver % 2]?.address ?? ''}${pathname}${search}`;
	};
	/** Waits until no more executions run. */
	const settle = async () => {
		let seen: number;
		do {
			seen = [...eventSink.times.values()].reduce((sum, times) => sum + times, 0);
			await delay(2_000);
		} while ([...eventSink.times.values()].reduce((sum, times) => sum + times, 0) !== seen);
	};
	const timesOf = (ids: string[]) => ids.map((id) => eventSink.times.get(id) ?? 0);
	/** Each has started the workflow once; a retry that came to another process may have done so again, as counted above. */
	const assertStarted = (ids: Iterable<string>, retried: Set<string>) => {
		for (const id of ids) {
			const times = eventSink.times.get(id) ?? 0;
			assert(times === 1 || (times === 2 && retried.has(id)), `${id} started it ${times} times`);
		}
	};
	/** Returns the secret that n8n has saved for the trigger, as the editor loads it with the workflow. */
	const savedSecret = async (workflow: string) => {
		const { staticData } = await n8n.api.editor<{
			staticData: Record<string, { subscriptions?: SavedSubscription[] }> | null;
		}>('GET', `/workflows/${workflow}`);
		const saved = staticData?.[`node:${TRIGGER}`]?.subscriptions ?? [];
		return saved.find(({ expiresAt }) => expiresAt === undefined)?.signingSecret;
	};
	const restartReceivers = async () => {
		for (const receiver of n8n.receivers) {
			await receiver.stop('SIGKILL');
			await receiver.start('webhook');
		}
	};

	describe('the trigger', () => {
		let workflow: string;
		before(async () => {
			workflow = await n8n.api.createWorkflow(alerts());
			await n8n.api.publish(workflow);
			await subscribed();
		});
		after(async () => {
			await n8n.api.unpublish(workflow);
		});

		it('500 events over both webhook processors: each starts the workflow once', async () => {
			const events = Array.from({ length: 500 }, newEvent);
			for (let from = 0; from < 500; from += 20) {
				const some = events.slice(from, from + 20);
				const outcomes = await Promise.all(some.map(async (event) => await deliver(linq, event)));
				assert.deepEqual(tally(outcomes), { acknowledged: 20 });
			}
			await settle();
			assert.deepEqual(tally(timesOf(events.map(({ event_id }) => event_id))), { 1: 500 });
		});

		it('50 events that have run, delivered again to the other webhook processor and after a restart: none starts again', async () => {
			const events = Array.from({ length: 50 }, newEvent);
			const { signing_secret } = subscription();
			for (const [index, event] of events.entries()) {
				assert.equal(await post(direct(index), signing_secret, event), 200);
				while (!eventSink.times.has(event.event_id)) await delay(10);
			}
			const redeliver = async () => {
				for (const [index, event] of events.entries()) {
					assert.equal(await post(direct(index + 1), signing_secret, event), 200);
				}
				await settle();
				assert.deepEqual(tally(timesOf(events.map(({ event_id }) => event_id))), { 1: 50 });
			};
			await redeliver();
			await restartReceivers();
			await redeliver();
		});

		it('200 events, each delivered again to the other webhook processor right after its response: none is lost, duplicates are counted', async () => {
			const events = Array.from({ length: 200 }, newEvent);
			const { signing_secret } = subscription();
			for (let from = 0; from < 200; from += 10) {
				await Promise.all(
					events.slice(from, from + 10).map(async (event, index) => {
						assert.equal(await post(direct(index), signing_secret, event), 200);
						assert.equal(await post(direct(index + 1), signing_secret, event), 200);
					}),
				);
			}
			await settle();
			const counts = tally(timesOf(events.map(({ event_id }) => event_id)));
			console.log('    times that 200 events started the workflow:', counts);
			assert.equal(counts[0], undefined);
		});

		it('200 events, delivered to both webhook processors at the same moment: none is lost, duplicates are counted', async () => {
			const events = Array.from({ length: 200 }, newEvent);
			const { signing_secret } = subscription();
			for (const event of events) {
				const both = [0, 1].map(
					async (receiver) => await post(direct(receiver), signing_secret, event),
				);
				assert.deepEqual(await Promise.all(both), [200, 200]);
			}
			await settle();
			const counts = tally(timesOf(events.map(({ event_id }) => event_id)));
			console.log('    times that 200 events started the workflow:', counts);
			assert.equal(counts[0], undefined);
		});

		it('1,000 forged, stale or replayed deliveries: all are rejected', async () => {
			const { signing_secret } = subscription();
			const forgedSecret = 'whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=';
			const old = new Date(Date.now() - 6 * 60_000);
			const events = Array.from({ length: 500 }, newEvent);
			const replayed = newEvent();
			assert.equal(await post(direct(0), signing_secret, replayed), 200);
			// For half an hour, a renamed trigger may lack a secret that Linq still uses.
			subscription().created_at = new Date(0).toISOString();
			const requestsBefore = linq.requests.length;
			const started = Date.now();
			for (let from = 0; from < 500; from += 20) {
				const statuses = await Promise.all(
					events
						.slice(from, from + 20)
						.flatMap((event, index) => [
							post(direct(index), forgedSecret, event),
							post(direct(index), signing_secret, event, old),
						]),
				);
				assert.deepEqual(new Set(statuses), new Set([401]));
			}
			const minutes = Math.ceil((Date.now() - started) / 60_000);
			assert(
				linq.requests.length - requestsBefore <= 2 * minutes,
				'one look-up a minute and process',
			);
			assert.equal(await post(direct(1), signing_secret, replayed), 200);
			await settle();
			assert.deepEqual(tally(timesOf(events.map(({ event_id }) => event_id))), { 0: 500 });
			assert.deepEqual(timesOf([replayed.event_id]), [1]);
		});

		for (const ms of [0, 150]) {
			const publishes = ms === 0 ? 12 : 6;
			it(`${publishes} publishes with a change while 20 events a second arrive, and Linq takes ${ms} ms: each acknowledged event starts the workflow, and no secret is lost`, async () => {
				const slow = { path: '', fault: { kind: 'delay', ms } } as const;
				if (ms > 0) linq.faults.push(slow);
				const events = deliverSteadily(linq, 20);
				for (let publish = 1; publish <= publishes; publish++) {
					const newReputation = publish % 2 ? ['AT_RISK'] : ['AT_RISK', 'CRITICAL'];
					await n8n.api.updateWorkflow(workflow, alerts({ newReputation }));
					await n8n.api.publish(workflow);
					await delay(2_000);
				}
				await delay(20_000);
				const outcomes = await events.stop();
				linq.faults.length = 0;
				await settle();
				const saved = await savedSecret(workflow);
				console.log(
					`    saved secret is ${saved === subscription().signing_secret ? '' : 'not '}the subscription's; outcomes of the events:`,
					tally(outcomes.values()),
				);
				const acknowledged = [...outcomes.keys()].filter(
					(id) => outcomes.get(id) === 'acknowledged',
				);
				console.log('    times that they started the workflow:', tally(timesOf(acknowledged)));
				assertStarted(acknowledged, events.retried);
				// The others arrived while there was no subscription, or n8n had no webhook.
				const lost = [...outcomes.values()].filter((outcome) => outcome !== 'acknowledged');
				assert.deepEqual(
					lost.filter((outcome) => !['not subscribed', 'rejected with 404'].includes(outcome)),
					[],
				);
				assert.equal(saved, subscription().signing_secret);
			});
		}

		it('5 publishes that do not change the trigger: no event is lost', async () => {
			const parameters = { newReputation: ['AT_RISK'] };
			await n8n.api.updateWorkflow(workflow, alerts(parameters));
			await n8n.api.publish(workflow);
			await delay(5_000);
			const events = deliverSteadily(linq, 20);
			for (let publish = 1; publish <= 5; publish++) {
				const changed = alerts(parameters);
				Object.assign(changed.nodes[1] ?? {}, { position: [200, 100 * publish] });
				await n8n.api.updateWorkflow(workflow, changed);
				await n8n.api.publish(workflow);
				await delay(3_000);
			}
			const outcomes = await events.stop();
			await settle();
			assert.deepEqual(Object.keys(tally(outcomes.values())), ['acknowledged']);
			assertStarted(outcomes.keys(), events.retried);
		});

		it('a webhook processor is killed under load: every acknowledged event is executed', async () => {
			const events = deliverSteadily(linq, 10);
			await delay(3_000);
			const [first] = n8n.receivers;
			await first?.stop('SIGKILL');
			await delay(5_000);
			await first?.start('webhook');
			await delay(5_000);
			const outcomes = await events.stop();
			await settle();
			console.log('    outcomes of the events:', tally(outcomes.values()));
			assert.deepEqual(Object.keys(tally(outcomes.values())), ['acknowledged']);
			assertStarted(outcomes.keys(), events.retried);
		});

		it('a worker is killed under load: every acknowledged event is executed, or has a failed execution', async () => {
			const before = new Set((await n8n.api.executions(workflow)).map(({ id }) => id));
			const events = deliverSteadily(linq, 10);
			await delay(3_000);
			const [first] = n8n.workers;
			await first?.stop('SIGKILL');
			await delay(5_000);
			await first?.start('worker');
			await delay(2_000);
			const outcomes = await events.stop();
			await settle();
			const times = tally(timesOf([...outcomes.keys()]));
			const failed = (await n8n.api.executions(workflow)).filter(
				({ id, status }) => !before.has(id) && status !== 'success',
			);
			console.log('    outcomes of the events:', tally(outcomes.values()), times);
			console.log(
				'    executions that did not succeed:',
				tally(failed.map(({ status }) => status)),
			);
			assert.deepEqual(Object.keys(tally(outcomes.values())), ['acknowledged']);
			assert((times[0] ?? 0) <= failed.length, 'none is gone without a trace');
		});

		it('the main process is killed and started again: no event is lost', async () => {
			const events = deliverSteadily(linq, 10);
			await delay(2_000);
			await n8n.main.stop('SIGKILL');
			await delay(3_000);
			await n8n.main.start();
			await delay(2_000);
			const outcomes = await events.stop();
			await settle();
			assert.deepEqual(Object.keys(tally(outcomes.values())), ['acknowledged']);
			assertStarted(outcomes.keys(), events.retried);
		});
	});

	pollingInQueueMode(() => ({ n8n, linq, credential }));

	describe('Update Forwarding', () => {
		/** Returns Webhook → Split → Update Forwarding, an item for each change in the request. */
		const forwarding = (path: string): WorkflowToCreate => ({
			name: path,
			nodes: [
				{
					id: 'webhook',
					name: 'Webhook',
					type: 'n8n-nodes-base.webhook',
					typeVersion: 2,
					position: [0, 0],
					webhookId: `e2e-${path}`,
					parameters: { httpMethod: 'POST', path, options: {} },
				},
				{
					id: 'split',
					name: 'Split',
					type: 'n8n-nodes-base.splitOut',
					typeVersion: 1,
					position: [200, 0],
					parameters: { fieldToSplitOut: 'body.changes', options: {} },
				},
				{
					id: 'forward',
					name: 'Forward',
					type: 'n8n-nodes-linq-phone-numbers.linqPhoneNumbers',
					typeVersion: 1,
					position: [400, 0],
					parameters: {
						operation: 'updateForwarding',
						line: { __rl: true, mode: 'id', value: '={{ $json.line }}' },
						forwardingNumber: '={{ $json.to }}',
					},
					credentials: { linqApi: { id: credential, name: 'Linq API' } },
				},
			],
			connections: {
				Webhook: { main: [[{ node: 'Split', type: 'main', index: 0 }]] },
				Split: { main: [[{ node: 'Forward', type: 'main', index: 0 }]] },
			},
		});
		const call = async (path: string, changes: object[]) => {
			const response = await fetch(`${n8n.loadBalancer.address}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ changes }),
			});
			assert.equal(response.status, 200);
		};
		const publish = async (path: string) => {
			const workflow = await n8n.api.createWorkflow(forwarding(path));
			await n8n.api.publish(workflow);
			await delay(1_000);
			return workflow;
		};
		const numberOf = (index: number) => `+1202556${String(index).padStart(4, '0')}`;
		const puts = () => linq.requests.filter(({ method }) => method === 'PUT');

		it('100 requests over both webhook processors and both workers: each of 100 lines is updated once', async () => {
			const workflow = await publish('hundred');
			linq.requests.length = 0;
			const lines = linq.lines.slice(0, 100);
			await Promise.all(
				lines.map(async ({ id }, index) => {
					await call('hundred', [{ line: id, to: numberOf(index) }]);
				}),
			);
			const executions = await n8n.api.ended(workflow, 100);
			assert.deepEqual(tally(executions.map(({ status }) => status)), { success: 100 });
			assert.deepEqual(
				lines.map(({ forwarding_number }) => forwarding_number),
				lines.map((_, index) => numberOf(index)),
			);
			assert.deepEqual(
				puts()
					.map(({ path }) => path.split('/').at(-1))
					.sort(),
				lines.map(({ id }) => id).sort(),
			);
			for (const worker of n8n.workers) assert.match(worker.printed(), /finished execution/);
		});

		it('the workers are killed during 300 updates: only updates that were sent are applied, and none is sent again', async () => {
			const workflow = await publish('killed');
			linq.requests.length = 0;
			linq.faults.push({ method: 'PUT', fault: { kind: 'delay', ms: 200 } });
			await call(
				'killed',
				linq.lines.map(({ id }, index) => ({ line: id, to: numberOf(1_000 + index) })),
			);
			while (puts().length < 60) await delay(50);
			// One of them executes it; n8n does not say which.
			await Promise.all(
				n8n.workers.map(async (worker) => {
					await worker.stop('SIGKILL');
				}),
			);
			await delay(1_000);
			const sent = puts().length;
			linq.faults.length = 0;
			for (const worker of n8n.workers) await worker.start('worker');
			// n8n's queue takes a job for stalled after a minute, and checks every 30 seconds.
			await delay(100_000);
			const [execution] = await n8n.api.ended(workflow, 1, 200);
			const changed = linq.lines.filter(
				({ forwarding_number }, index) => forwarding_number === numberOf(1_000 + index),
			).length;
			console.log(
				`    sent ${sent}, changed ${changed} of 300; n8n's status is ${execution?.status ?? 'nothing'}`,
			);
			assert.notEqual(execution?.status, 'success');
			assert.equal(puts().length, sent, 'nothing is sent again by itself');
			assert(changed <= sent);
		});
	});
});

/** Counts how often each value occurs. */
function tally<T extends string | number>(values: Iterable<T>): Partial<Record<T, number>> {
	const counts: Partial<Record<T, number>> = {};
	for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
	return counts;
}
