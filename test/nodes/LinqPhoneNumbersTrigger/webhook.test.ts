import { createHmac, randomUUID } from 'node:crypto';
import type { INodeParameters } from 'n8n-workflow';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import schema from '../../../nodes/LinqPhoneNumbersTrigger/__schema__/v2.0.0.json';
import type { Change } from '../../fakeLinqApi/events';
import { statusUpdated } from '../../fakeLinqApi/events';
import { signedHeaders } from '../../fakeLinqApi/webhookDelivery';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { startTriggerHarness, type TriggerHarness } from '../../support/triggerHarness';

const LINE = '+12025550001';
const MINUTE = 60_000;

describe('Linq Phone Numbers Trigger', () => {
	let server: FakeLinqApi;
	let trigger: TriggerHarness;
	const secret = () => server.subscriptions.all[0]?.signing_secret ?? '';
	/** Makes the subscription old: within half an hour, a renamed trigger may have had another secret. */
	const makeOld = () => {
		const [subscription] = server.subscriptions.all;
		if (subscription) subscription.created_at = new Date(0).toISOString();
	};
	const worsened = (change: Partial<Change> = {}) =>
		statusUpdated({ phone_number: LINE, reputation: ['HEALTHY', 'AT_RISK'], ...change });
	const post = async (body: string, headers: Record<string, string>) =>
		await fetch(trigger.addresses[0] ?? '', { method: 'POST', headers, body });
	/** Posts an event that is signed by the subscription's secret. */
	const deliver = async (envelope: unknown, webhookId: string = randomUUID(), at = new Date()) => {
		const body = JSON.stringify(envelope);
		return await post(body, signedHeaders(secret(), webhookId, body, at));
	};

	beforeEach(async () => {
		server = await startFakeLinqApi({ plainLoopback: true });
		trigger = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		await trigger.activate();
		makeOld();
	});
	afterEach(async () => {
		await trigger.close();
		await server.close();
	});

	it('starts the workflow with one flat item for a change', async () => {
		const deliveries = await server.changeReputation(LINE, 'CRITICAL');
		expect(deliveries).toEqual([{ status: 200, tries: 1 }]);
		const [execution] = await trigger.executions();
		expect(execution?.map(({ json }) => json)).toEqual([
			{
				phone_number: LINE,
				reputation_change: 'worsened',
				previous_reputation: 'HEALTHY',
				new_reputation: 'CRITICAL',
				previous_status: 'ACTIVE',
				new_status: 'ACTIVE',
				changed_at: expect.any(String) as string,
				event_id: expect.any(String) as string,
			},
		]);
		const columns = Object.keys(execution?.[0]?.json ?? {});
		expect(columns).toEqual(Object.keys(schema.properties));
	});

	it('returns the whole envelope with Simplify off', async () => {
		trigger.parameters = { simplify: false };
		const envelope = worsened();
		await deliver(envelope);
		expect((await trigger.executions())[0]?.[0]?.json).toEqual(envelope);
	});

	it.each([
		['HEALTHY', 'AT_RISK', 'worsened'],
		['AT_RISK', 'CRITICAL', 'worsened'],
		['CRITICAL', 'HEALTHY', 'improved'],
		['AT_RISK', 'HEALTHY', 'improved'],
		['HEALTHY', 'WATCHED', 'unknown'],
		['WATCHED', 'HEALTHY', 'unknown'],
	])('reports a reputation from %s to %s as %s', async (previous, next, change) => {
		await deliver(worsened({ reputation: [previous, next] }));
		expect((await trigger.executions())[0]?.[0]?.json).toMatchObject({
			reputation_change: change,
			new_reputation: next,
		});
	});

	it('accepts an older event, which has the deprecated names only', async () => {
		const { data, ...envelope } = worsened();
		await deliver({
			...envelope,
			data: { ...data, previous_reputation: undefined, new_reputation: undefined },
		});
		expect((await trigger.executions())[0]?.[0]?.json).toMatchObject({
			reputation_change: 'worsened',
			previous_reputation: 'HEALTHY',
			new_reputation: 'AT_RISK',
		});
	});

	it.each<[string, INodeParameters, Partial<Change>, number]>([
		['a reputation change, with the event Status only', { events: ['status'] }, {}, 0],
		['a reputation change, with the event Reputation only', { events: ['reputation'] }, {}, 1],
		[
			'a status change, with the event Reputation only',
			{ events: ['reputation'] },
			{ reputation: ['HEALTHY', 'HEALTHY'], status: ['ACTIVE', 'FLAGGED'] },
			0,
		],
		[
			'a status change, with both events',
			{},
			{ reputation: ['HEALTHY', 'HEALTHY'], status: ['ACTIVE', 'FLAGGED'] },
			1,
		],
		['no change at all', {}, { reputation: ['HEALTHY', 'HEALTHY'] }, 0],
		['AT_RISK, with New Reputation CRITICAL', { newReputation: ['CRITICAL'] }, {}, 0],
		[
			'AT_RISK, with New Reputation CRITICAL and AT_RISK',
			{ newReputation: ['CRITICAL', 'AT_RISK'] },
			{},
			1,
		],
	])('filters events: %s', async (_, parameters, change, started) => {
		trigger.parameters = parameters;
		const response = await deliver(worsened(change));
		expect(response.status).toBe(200);
		expect(await trigger.executions()).toHaveLength(started);
	});

	describe('rejects with an empty 401', () => {
		const body = JSON.stringify(worsened());
		const signed = (at = new Date()) => signedHeaders(secret(), 'msg_1', body, at);
		const forgedSecret = 'whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=';
		const cases: Array<[string, () => Record<string, string>, string]> = [
			['no signature headers', () => ({ 'content-type': 'application/json' }), body],
			['another secret', () => signedHeaders(forgedSecret, 'msg_1', body), body],
			['a changed body', () => signed(), body.replace('AT_RISK', 'HEALTHY')],
			['the same JSON in other bytes', () => signed(), ` ${body}`],
			['another id', () => ({ ...signed(), 'webhook-id': 'msg_2' }), body],
			['no id', () => ({ ...signed(), 'webhook-id': '' }), body],
			['another time', () => ({ ...signed(), 'webhook-timestamp': '1700000000' }), body],
			['no time', () => ({ ...signed(), 'webhook-timestamp': 'now' }), body],
			['a stale request', () => signed(new Date(Date.now() - 6 * MINUTE)), body],
			['a request from the future', () => signed(new Date(Date.now() + 6 * MINUTE)), body],
			[
				'a signature of another version',
				() => {
					const headers = signed();
					return {
						...headers,
						'webhook-signature': `${headers['webhook-signature']?.replace('v1,', 'v1a,')}`,
					};
				},
				body,
			],
			[
				'a shortened signature',
				() => {
					const headers = signed();
					return {
						...headers,
						'webhook-signature': `${headers['webhook-signature']?.slice(0, 20)}`,
					};
				},
				body,
			],
			['an empty signature', () => ({ ...signed(), 'webhook-signature': 'v1,' }), body],
			['no signature', () => ({ ...signed(), 'webhook-signature': '' }), body],
		];
		it.each(cases)('%s', async (_, headers, sent) => {
			const response = await post(sent, headers());
			expect(response.status).toBe(401);
			expect(await response.text()).toBe('');
			expect(await trigger.executions()).toEqual([]);
		});
	});

	it('accepts nothing without a secret, and makes Linq retry', async () => {
		const body = JSON.stringify(worsened());
		const headers = signedHeaders(secret(), 'msg_1', body);
		const state = trigger.saved();
		const [saved] = server.subscriptions.all;
		if (saved) saved.created_at = new Date().toISOString();
		const without = (signingSecret?: string) => ({
			subscriptions: [{ id: 'lost', workflowId: 'lost', signingSecret }],
		});
		for (const lost of [{}, without(), without(''), without('whsec_')]) {
			trigger.save(lost);
			expect((await post(body, headers)).status).toBe(503);
			const empty = { ...headers, 'webhook-signature': `v1,${hmacWithEmptyKey(body)}` };
			expect((await post(body, empty)).status).toBe(503);
			expect((await post(body, {})).status).toBe(401);
		}
		expect(await trigger.executions()).toEqual([]);
		trigger.save(state);
		expect((await post(body, headers)).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('accepts a timestamp that is four minutes off, either way', async () => {
		for (const ms of [-4 * MINUTE, 4 * MINUTE]) {
			const response = await deliver(worsened(), randomUUID(), new Date(Date.now() + ms));
			expect(response.status).toBe(200);
		}
		expect(await trigger.executions()).toHaveLength(2);
	});

	it('accepts a request with several signatures if one is right', async () => {
		const body = JSON.stringify(worsened());
		const headers = signedHeaders(secret(), 'msg_1', body);
		const response = await post(body, {
			...headers,
			'webhook-signature': `v1,AAAA v2,BBBB ${headers['webhook-signature'] ?? ''}`,
		});
		expect(response.status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it.each([
		['text that is not JSON', 'hello'],
		['JSON that is not an object', '[]'],
		['an event without a line', '{"event_type":"phone_number.status_updated"}'],
		[
			'a body over 1 MB',
			JSON.stringify({ ...statusUpdated({ phone_number: LINE }), padding: 'x'.repeat(1_000_000) }),
		],
	])('rejects %s with 400', async (_, body) => {
		const response = await post(body, signedHeaders(secret(), 'msg_1', body));
		expect(response.status).toBe(400);
		expect(await trigger.executions()).toEqual([]);
	});

	it('acknowledges an event of another type, and starts nothing', async () => {
		const response = await deliver({ ...worsened(), event_type: 'message.received' });
		expect(response.status).toBe(200);
		expect(await trigger.executions()).toEqual([]);
	});

	it('starts the workflow once for duplicate deliveries: later, at the same moment, and after a restart', async () => {
		const envelope = worsened();
		const responses = await Promise.all(
			[1, 2, 3].map(async () => await deliver(envelope, 'msg_1')),
		);
		expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		// A process starts no execution for duplicates that it has seen itself.
		expect(trigger.begun()).toBe(1);
		await trigger.restart();
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		expect(trigger.begun()).toBe(2);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('recognizes a duplicate after a restart, with thousands of deliveries in between', async () => {
		const ids = Array.from({ length: 2_000 }, (_, index) => `msg_${index}`);
		trigger.remember(ids);
		expect((await deliver(worsened(), 'msg_0')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(0);
		expect((await deliver(worsened(), 'msg_2000')).status).toBe(200);
		await trigger.restart();
		expect((await deliver(worsened(), 'msg_2000')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('does not write static data when an event arrives', async () => {
		const before = trigger.saved();
		const save = trigger.loadForCodeNode();
		await deliver(worsened());
		await trigger.executions();
		expect(trigger.saved()).toEqual(before);
		save();
		expect(trigger.saved()).toEqual(before);
	});

	it('responds with 500 if n8n cannot save an event, and accepts the retry', async () => {
		const envelope = worsened();
		trigger.broken = true;
		expect((await deliver(envelope, 'msg_1')).status).toBe(500);
		expect((await deliver(envelope, 'msg_1')).status).toBe(500);
		trigger.broken = false;
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('starts the workflow if the look-up of duplicates fails', async () => {
		trigger.failLookUps(2);
		expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
		await trigger.restart();
		expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(2);
	});

	it('acknowledges retries of events that wait for a slot at once, and runs each once', async () => {
		const limited = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			concurrencyLimit: 2,
		});
		try {
			await limited.activate();
			const subscription = server.subscriptions.all.find(
				({ target_url }) => target_url === limited.target,
			);
			const send = async (envelope: unknown, id: string, signal?: AbortSignal) => {
				const body = JSON.stringify(envelope);
				const headers = signedHeaders(subscription?.signing_secret ?? '', id, body);
				return await fetch(limited.addresses[0] ?? '', { method: 'POST', headers, body, signal });
			};
			const held = holdUntilReleased();
			limited.beforeEnd = held.until;
			const sender = new AbortController();
			const events = Array.from({ length: 10 }, (_, index) => `msg_${index}`);
			const first = events.map(
				async (id) => await send(worsened(), id, sender.signal).catch(() => undefined),
			);
			while (limited.begun() < events.length) await delay(1);
			// Linq times out after some seconds.
			sender.abort();
			await Promise.all(first);
			for (const id of events) expect((await send(worsened(), id)).status).toBe(200);
			held.release();
			expect(await limited.executions()).toHaveLength(events.length);
			expect(limited.begun()).toBe(events.length);
		} finally {
			await limited.close();
		}
	});

	describe('if the caller of an event hangs up', () => {
		/** Sends an event, and hangs up once n8n has it. */
		const hangUp = async (id: string) => {
			const body = JSON.stringify(worsened());
			const { port, pathname, search } = new URL(trigger.addresses[0] ?? '');
			const headers = signedHeaders(secret(), id, body);
			const sent = request({ port, path: pathname + search, method: 'POST', headers });
			sent.on('error', () => undefined);
			const before = trigger.closed();
			await new Promise<void>((resolve) => sent.end(body, resolve));
			while (trigger.received() === 0) await delay(1);
			sent.destroy();
			while (trigger.closed() === before) await delay(1);
		};

		it.each(['beforeWebhook', 'beforeSaving', 'beforeEnd'] as const)(
			'%s, a retry is acknowledged, and the event runs once',
			async (moment) => {
				const held = holdUntilReleased();
				trigger[moment] = held.until;
				if (moment === 'beforeEnd') await deliver(worsened(), 'msg_1');
				else await hangUp('msg_1');
				held.release();
				while (trigger.begun() === 0) await delay(1);
				expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
				expect(await trigger.executions()).toHaveLength(1);
				expect(trigger.begun()).toBe(1);
			},
		);

		it('and n8n then cannot save the event, a retry runs', async () => {
			const held = holdUntilReleased();
			trigger.beforeSaving = held.until;
			trigger.broken = true;
			await hangUp('msg_1');
			// While n8n is saving it, a retry is acknowledged.
			expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
			held.release();
			while (trigger.failed() === 0) await delay(1);
			trigger.broken = false;
			expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(1);
		});
	});

	describe('with a parameter that is invalid when an event arrives', () => {
		it.each<[string, INodeParameters]>([
			['Events', { events: '={{ undefined }}' }],
			['Events', { events: '={{ $json.nothing.at.all }}' }],
			['New Reputation', { newReputation: '={{ "critical" }}' }],
			['Simplify', { simplify: '={{ null }}' }],
		])('%s: does not filter', async (_, parameters) => {
			trigger.parameters = parameters;
			expect((await deliver(worsened())).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(1);
		});

		it('still applies the other parameters', async () => {
			trigger.parameters = { newReputation: '={{ undefined }}', events: ['status'] };
			expect((await deliver(worsened())).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(0);
		});
	});

	it('accepts a signed body with a byte order mark', async () => {
		const body = `\ufeff${JSON.stringify(worsened())}`;
		expect((await post(body, signedHeaders(secret(), 'msg_1', body))).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('runs an event again if a person retries the execution', async () => {
		await deliver(worsened(), 'msg_1');
		await trigger.executions();
		await trigger.retry();
		const [first, second] = await trigger.executions();
		expect(second?.[0]?.json).toEqual(first?.[0]?.json);
	});

	it('starts one execution each for 200 events with 20% duplicates', async () => {
		const events = Array.from({ length: 200 }, () => worsened());
		const burst = [...events, ...events.filter((_, index) => index % 5 === 0)];
		const deliveries = await Promise.all(
			burst.map(
				async (event) => await server.subscriptions.deliver(event, `msg_${event.event_id}`),
			),
		);
		expect(deliveries.flat().every(({ status }) => status === 200)).toBe(true);
		const started = (await trigger.executions()).map(([item]) => item?.json.event_id);
		expect(started.sort()).toEqual(events.map(({ event_id }) => event_id).sort());
		await trigger.restart();
		await Promise.all(
			events.map(
				async (event) => await server.subscriptions.deliver(event, `msg_${event.event_id}`),
			),
		);
		expect(await trigger.executions()).toHaveLength(200);
	});
});

/** Returns a promise that a test resolves. */
function holdUntilReleased(): { until: Promise<void>; release: () => void } {
	let release: () => void = () => undefined;
	const until = new Promise<void>((resolve) => (release = resolve));
	return {
		until,
		release: () => {
			release();
		},
	};
}

/** Returns a signature with an empty key, as a forger may send it. */
function hmacWithEmptyKey(body: string): string {
	const timestamp = Math.floor(Date.now() / 1_000);
	return createHmac('sha256', '').update(`msg_1.${timestamp}.${body}`).digest('base64');
}
