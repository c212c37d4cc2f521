import { randomUUID } from 'node:crypto';
import { statusUpdated } from '../../fakeLinqApi/events';
import { signedHeaders } from '../../fakeLinqApi/webhookDelivery';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { startTriggerHarness, type TriggerHarness } from '../../support/triggerHarness';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const FORGED_SECRET = 'whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=';

describe('Linq Phone Numbers Trigger, with several webhook processors', () => {
	let server: FakeLinqApi;
	let trigger: TriggerHarness;
	const subscription = () => {
		const [only, ...others] = server.subscriptions.all;
		expect(others).toEqual([]);
		if (!only) throw new Error('Linq has no subscription');
		return only;
	};
	const changed = () =>
		statusUpdated({ phone_number: '+12025550001', reputation: ['HEALTHY', 'AT_RISK'] });
	/** Posts an event to one of the processes, signed with a secret, and returns the status. */
	const deliver = async (
		secret: string,
		{ to = 0, id = `msg_${randomUUID()}`, envelope = changed() } = {},
	) => {
		const body = JSON.stringify(envelope);
		const headers = signedHeaders(secret, id, body, new Date());
		const address = trigger.addresses[to] ?? '';
		const { status } = await fetch(address, { method: 'POST', headers, body });
		// n8n saves after its response.
		if (status === 503) await new Promise((resolve) => setTimeout(resolve, 30));
		return status;
	};
	const requestCount = (method: string) =>
		server.requests.filter((request) => request.method === method).length;
	/** Makes the subscription old: within half an hour, a renamed trigger may have had another secret. */
	const makeOld = () => {
		subscription().created_at = new Date(0).toISOString();
	};
	/** Advances the time of day; timers are real. */
	const advance = (ms: number) => {
		jest.setSystemTime(Date.now() + ms);
	};
	/** Receives and publishes in one process, as n8n does unless it runs in queue mode. */
	const useOneProcess = async () => {
		await trigger.close();
		server.subscriptions.all.length = 0;
		trigger = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		await trigger.activate();
	};
	/**
	 * Publishes the trigger while an execution has loaded the old static data, which that one saves afterwards. n8n then
	 * has the secret of a subscription that is gone.
	 */
	const publishAndSaveStale = async () => {
		const save = trigger.loadForCodeNode();
		await trigger.deactivate();
		await trigger.activate();
		save();
		expect(trigger.savedSecret()).not.toBe(subscription().signing_secret);
		server.requests.length = 0;
	};

	beforeEach(async () => {
		jest.useFakeTimers({
			now: Date.now(),
			doNotFake: [
				'hrtime',
				'nextTick',
				'performance',
				'queueMicrotask',
				'setImmediate',
				'clearImmediate',
				'setInterval',
				'clearInterval',
				'setTimeout',
				'clearTimeout',
			],
		});
		server = await startFakeLinqApi({ plainLoopback: true });
		trigger = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			processes: 2,
		});
		await trigger.activate();
	});
	afterEach(async () => {
		await trigger.close();
		await server.close();
		jest.useRealTimers();
	});

	describe('a stale secret', () => {
		it('is not saved by a request that began before the workflow was published', async () => {
			const requests = Array.from(
				{ length: 20 },
				async (_, index) => await deliver(subscription().signing_secret, { to: index % 2 }),
			);
			await trigger.deactivate();
			await trigger.activate();
			await Promise.all(requests);
			await trigger.executions();
			expect(trigger.savedSecret()).toBe(subscription().signing_secret);
		});

		it('is noticed at the first event, and repaired', async () => {
			await publishAndSaveStale();
			advance(MINUTE);
			expect(await deliver(subscription().signing_secret)).toBe(503);
			expect(trigger.savedSecret()).toBe(subscription().signing_secret);
			expect([requestCount('GET'), requestCount('DELETE'), requestCount('POST')]).toEqual([
				1, 1, 1,
			]);
			for (const to of [0, 1]) {
				expect(await deliver(subscription().signing_secret, { to })).toBe(200);
			}
			expect(await trigger.executions()).toHaveLength(2);
			expect(requestCount('GET')).toBe(1);
		});

		it('is repaired if the saved state is lost', async () => {
			trigger.save({});
			advance(MINUTE);
			expect(await deliver(subscription().signing_secret)).toBe(503);
			expect(await deliver(subscription().signing_secret)).toBe(200);
		});

		it('is repaired if Linq has no subscription any more', async () => {
			server.subscriptions.all.length = 0;
			expect(await deliver(FORGED_SECRET)).toBe(503);
			expect(await deliver(subscription().signing_secret)).toBe(200);
		});

		it('is not repaired during the grace period of a publish', async () => {
			await publishAndSaveStale();
			const { id, signing_secret } = subscription();
			// Linq's own clock shows whole seconds.
			subscription().created_at = new Date(Date.now() - 5 * SECOND).toISOString();
			expect(await deliver(signing_secret)).toBe(503);
			expect(subscription().id).toBe(id);
			advance(MINUTE);
			expect(await deliver(signing_secret)).toBe(503);
			expect(subscription().id).not.toBe(id);
			expect(await deliver(subscription().signing_secret)).toBe(200);
			expect(requestCount('GET')).toBe(2);
		});

		it('a flood of forged requests costs one reconciliation a minute, and the right subscription stays', async () => {
			await publishAndSaveStale();
			advance(MINUTE);
			const flood = async () =>
				await Promise.all(Array.from({ length: 100 }, async () => await deliver(FORGED_SECRET)));
			expect(new Set(await flood())).toEqual(new Set([503]));
			expect([requestCount('GET'), requestCount('DELETE'), requestCount('POST')]).toEqual([
				1, 1, 1,
			]);
			const { id, signing_secret } = subscription();
			// The next reconciliation finds that they are forged.
			advance(MINUTE);
			expect(new Set(await flood())).toEqual(new Set([401]));
			expect(subscription().id).toBe(id);
			expect(await deliver(signing_secret)).toBe(200);
			expect(await trigger.executions()).toHaveLength(1);
			expect([requestCount('GET'), requestCount('DELETE'), requestCount('POST')]).toEqual([
				2, 1, 1,
			]);
		});

		it('is repaired by two processes at the same moment: one subscription, which both know', async () => {
			await publishAndSaveStale();
			advance(MINUTE);
			server.faults.push({ method: 'GET', times: 2, fault: { kind: 'delay', ms: 100 } });
			const { signing_secret } = subscription();
			const both = [0, 1].map(async (to) => await deliver(signing_secret, { to }));
			expect(await Promise.all(both)).toEqual([503, 503]);
			for (const to of [0, 1]) {
				expect(await deliver(subscription().signing_secret, { to })).toBe(200);
			}
		});

		it('is repaired later if Linq fails: until then, requests get 503', async () => {
			await publishAndSaveStale();
			advance(MINUTE);
			server.faults.push({ times: 1, fault: { kind: 'apiError', code: 3006 } });
			expect(await deliver(subscription().signing_secret)).toBe(503);
			expect(await deliver(subscription().signing_secret)).toBe(503);
			expect(requestCount('GET')).toBe(1);
			advance(MINUTE);
			expect(await deliver(subscription().signing_secret)).toBe(503);
			expect(await deliver(subscription().signing_secret)).toBe(200);
		});
	});

	it('a forged request gets 401, and costs one reconciliation a minute', async () => {
		makeOld();
		server.requests.length = 0;
		for (let minute = 0; minute < 2; minute++) {
			for (let second = 0; second < 60; second++) {
				expect(await deliver(FORGED_SECRET)).toBe(401);
				advance(SECOND);
			}
			expect(requestCount('GET')).toBe(minute + 1);
		}
		expect(server.requests).toHaveLength(2);
		expect(await trigger.executions()).toEqual([]);
	});

	it('a forged request after a publish changes nothing, although the last reconciliation is outdated', async () => {
		makeOld();
		expect(await deliver(FORGED_SECRET)).toBe(401);
		await trigger.deactivate();
		await trigger.activate();
		const { id } = subscription();
		server.requests.length = 0;
		expect(await deliver(FORGED_SECRET)).toBe(503);
		expect(server.requests).toEqual([]);
		advance(MINUTE);
		expect(await deliver(FORGED_SECRET)).toBe(401);
		expect(subscription().id).toBe(id);
	});

	it('a renamed trigger still accepts what the earlier secret has signed', async () => {
		await useOneProcess();
		const { signing_secret } = subscription();
		await trigger.deactivate();
		trigger.name = 'On a change';
		await trigger.activate();
		makeOld();
		expect(await deliver(signing_secret)).toBe(200);
		expect(await deliver(subscription().signing_secret)).toBe(200);
	});

	it('a renamed trigger makes Linq retry if only another process has the earlier secret', async () => {
		const { signing_secret } = subscription();
		await trigger.deactivate();
		trigger.name = 'On a change';
		await trigger.restart();
		expect(await deliver(signing_secret)).toBe(503);
		expect(await deliver(subscription().signing_secret)).toBe(200);
		advance(31 * MINUTE);
		makeOld();
		expect(await deliver(signing_secret)).toBe(401);
	});

	it('if neither n8n nor Linq has a subscription, a request gets 503, and none is created', async () => {
		trigger.save({});
		server.subscriptions.all.length = 0;
		expect(await deliver(FORGED_SECRET)).toBe(503);
		expect(server.subscriptions.all).toEqual([]);
	});

	it('the secret before a publish stays valid for half an hour, however often it is published meanwhile', async () => {
		const { signing_secret } = subscription();
		await trigger.deactivate();
		await trigger.activate();
		expect(await deliver(signing_secret)).toBe(200);
		advance(20 * MINUTE);
		await trigger.deactivate();
		await trigger.activate();
		makeOld();
		advance(9 * MINUTE);
		expect(await deliver(signing_secret, { to: 1 })).toBe(200);
		advance(2 * MINUTE);
		expect(await deliver(signing_secret)).toBe(401);
		expect(await trigger.executions()).toHaveLength(2);
	});

	it('the secret before a publish stays valid if n8n activates the trigger with outdated static data', async () => {
		const { signing_secret } = subscription();
		const before = trigger.saved();
		await trigger.deactivate();
		trigger.save(before);
		await trigger.activate();
		expect(await deliver(signing_secret)).toBe(200);
		expect(await deliver(subscription().signing_secret)).toBe(200);
	});

	it('a publish that overlaps another keeps the secret of the subscription that it replaces', async () => {
		const before = trigger.saved();
		await trigger.deactivate();
		trigger.save(before);
		await trigger.activate();
		const { signing_secret } = subscription();
		// n8n loaded the static data for the other publish before it saved that of this one.
		trigger.save(before);
		await trigger.deactivate();
		trigger.save(before);
		await trigger.activate();
		expect(subscription().signing_secret).not.toBe(signing_secret);
		makeOld();
		expect(await deliver(signing_secret)).toBe(200);
		expect(await deliver(subscription().signing_secret)).toBe(200);
	});

	it('a publish keeps the secrets if another one has deleted its subscription and not created its own yet', async () => {
		const before = trigger.saved();
		const { signing_secret } = subscription();
		await trigger.deactivate();
		await trigger.activate();
		const first = { saved: trigger.saved(), secret: subscription().signing_secret };
		trigger.save(before);
		server.faults.push({ method: 'POST', times: 1, fault: { kind: 'apiError', code: 2004 } });
		await expect(trigger.activate()).rejects.toThrow();
		expect(server.subscriptions.all).toEqual([]);
		trigger.save(first.saved);
		await trigger.deactivate();
		await trigger.activate();
		makeOld();
		expect(await deliver(signing_secret)).toBe(200);
		expect(await deliver(first.secret)).toBe(200);
	});

	it('a secret that this process has created is restored, and its subscription stays', async () => {
		await useOneProcess();
		await publishAndSaveStale();
		advance(MINUTE);
		const { id, signing_secret } = subscription();
		expect(await deliver(signing_secret)).toBe(503);
		expect(await deliver(signing_secret)).toBe(200);
		expect(subscription().id).toBe(id);
		expect([requestCount('GET'), requestCount('DELETE'), requestCount('POST')]).toEqual([1, 0, 0]);
	});

	it('a subscription that moves back to the trigger’s address is replaced once its secret has expired', async () => {
		await useOneProcess();
		const { id, signing_secret, target_url } = subscription();
		subscription().target_url = 'https://old.example.com/webhook';
		await trigger.deactivate();
		subscription().target_url = target_url;
		makeOld();
		// Its secret stays valid while Linq may retry earlier deliveries.
		expect(await deliver(signing_secret)).toBe(200);
		advance(31 * MINUTE);
		expect(await deliver(signing_secret)).toBe(503);
		expect(subscription().id).not.toBe(id);
		expect(await deliver(subscription().signing_secret)).toBe(200);
	});

	it('a process does not restore the subscription that another one has replaced', async () => {
		await publishAndSaveStale();
		advance(MINUTE);
		// The first process repairs it, and knows its secret from then on.
		expect(await deliver(FORGED_SECRET)).toBe(503);
		await trigger.deactivate();
		await trigger.activate();
		makeOld();
		advance(MINUTE);
		const { id } = subscription();
		expect(await deliver(FORGED_SECRET)).toBe(401);
		expect(subscription().id).toBe(id);
	});

	it('three publishes that overlap run one after another: one subscription, and each secret is kept', async () => {
		const secrets = new Set([subscription().signing_secret]);
		const { push } = server.subscriptions.all;
		server.subscriptions.all.push = (...added) => {
			for (const { signing_secret } of added) secrets.add(signing_secret);
			return push.apply(server.subscriptions.all, added);
		};
		await trigger.deactivate();
		// n8n loads the static data for each before any other one has saved.
		await Promise.all([trigger.activate(), trigger.activate(), trigger.activate()]);
		expect(secrets.size).toBe(4);
		makeOld();
		for (const secret of secrets) expect(await deliver(secret)).toBe(200);
		expect(trigger.savedSecret()).toBe(subscription().signing_secret);
	});

	it('a secret that has expired is dropped', async () => {
		await trigger.deactivate();
		await trigger.activate();
		advance(31 * MINUTE);
		await trigger.deactivate();
		expect(trigger.saved().subscriptions).toHaveLength(1);
	});

	it('a publish replaces a subscription that another process has created meanwhile', async () => {
		server.subscriptions.all.length = 0;
		server.faults.push({
			method: 'GET',
			times: 1,
			fault: { kind: 'response', status: 200, body: '{"subscriptions":[]}' },
		});
		server.subscriptions.all.push({
			id: 'of the other process',
			target_url: trigger.target,
			subscribed_events: ['phone_number.status_updated'],
			phone_numbers: null,
			is_active: true,
			created_at: new Date().toISOString(),
			updated_at: new Date().toISOString(),
			signing_secret: FORGED_SECRET,
		});
		await trigger.activate();
		expect(trigger.savedSecret()).toBe(subscription().signing_secret);
	});

	describe('an event that is delivered twice', () => {
		const events = () => Array.from({ length: 30 }, () => changed());
		const ids = (sent: Array<{ event_id: string }>) => sent.map(({ event_id }) => event_id).sort();
		const started = async () =>
			(await trigger.executions()).map(([item]) => item?.json.event_id as string).sort();

		it('to the other process, or after a restart, starts the workflow once', async () => {
			const sent = events();
			for (const round of [0, 1]) {
				for (const [index, envelope] of sent.entries()) {
					const duplicate = { id: envelope.event_id, envelope };
					const to = (index + round) % 2;
					expect(await deliver(subscription().signing_secret, { to, ...duplicate })).toBe(200);
					// A retry comes seconds later.
					await trigger.executions();
				}
				if (round === 1) expect(trigger.begun()).toBe(2 * sent.length);
			}
			await trigger.restart();
			const [first] = sent;
			if (!first) throw new Error('Nothing was sent');
			const duplicate = { id: first.event_id, envelope: first };
			expect(await deliver(subscription().signing_secret, duplicate)).toBe(200);
			expect(await started()).toEqual(ids(sent));
		}, 30_000);

		it('to both processes at the same moment starts it once or twice', async () => {
			const sent = events();
			for (const envelope of sent) {
				await Promise.all(
					[0, 1].map(async (to) => {
						const duplicate = { id: envelope.event_id, envelope };
						expect(await deliver(subscription().signing_secret, { to, ...duplicate })).toBe(200);
					}),
				);
			}
			expect([...new Set(await started())]).toEqual(ids(sent));
		});
	});
});
