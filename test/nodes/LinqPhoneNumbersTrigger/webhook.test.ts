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

describe('Linq Phone Numbers Trigger receives', () => {
	let server: FakeLinqApi;
	let trigger: TriggerHarness;
	const secret = () => server.subscriptions.all[0]?.signing_secret ?? '';
	/** Half an hour after it was created, a subscription is known to have no other secrets. */
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

	it('a change, and starts the workflow with one flat item', async () => {
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

	it('a change, and gives the whole envelope with Simplify off', async () => {
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
	])('%s to %s as %s', async (previous, next, change) => {
		await deliver(worsened({ reputation: [previous, next] }));
		expect((await trigger.executions())[0]?.[0]?.json).toMatchObject({
			reputation_change: change,
			new_reputation: next,
		});
	});

	it('an older event, which has the deprecated names alone', async () => {
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
		['a reputation, for status alone', { events: ['status'] }, {}, 0],
		['a reputation, for reputation alone', { events: ['reputation'] }, {}, 1],
		[
			'a status, for reputation alone',
			{ events: ['reputation'] },
			{ reputation: ['HEALTHY', 'HEALTHY'], status: ['ACTIVE', 'FLAGGED'] },
			0,
		],
		[
			'a status, for both',
			{},
			{ reputation: ['HEALTHY', 'HEALTHY'], status: ['ACTIVE', 'FLAGGED'] },
			1,
		],
		['no change at all', {}, { reputation: ['HEALTHY', 'HEALTHY'] }, 0],
		['AT_RISK, for CRITICAL alone', { newReputation: ['CRITICAL'] }, {}, 0],
		['AT_RISK, for both', { newReputation: ['CRITICAL', 'AT_RISK'] }, {}, 1],
	])('%s', async (_, parameters, change, started) => {
		trigger.parameters = parameters;
		const answer = await deliver(worsened(change));
		expect(answer.status).toBe(200);
		expect(await trigger.executions()).toHaveLength(started);
	});

	describe('and refuses with 401 and no further word', () => {
		const body = JSON.stringify(worsened());
		const signed = (at = new Date()) => signedHeaders(secret(), 'msg_1', body, at);
		const stranger = 'whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=';
		const cases: Array<[string, () => Record<string, string>, string]> = [
			['nothing signed', () => ({ 'content-type': 'application/json' }), body],
			['another secret', () => signedHeaders(stranger, 'msg_1', body), body],
			['a changed body', () => signed(), body.replace('AT_RISK', 'HEALTHY')],
			['the same JSON in other bytes', () => signed(), ` ${body}`],
			['another id', () => ({ ...signed(), 'webhook-id': 'msg_2' }), body],
			['no id', () => ({ ...signed(), 'webhook-id': '' }), body],
			['another time', () => ({ ...signed(), 'webhook-timestamp': '1700000000' }), body],
			['no time', () => ({ ...signed(), 'webhook-timestamp': 'now' }), body],
			['a stale call', () => signed(new Date(Date.now() - 6 * MINUTE)), body],
			['a future call', () => signed(new Date(Date.now() + 6 * MINUTE)), body],
			[
				'a signature of another kind',
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
			const answer = await post(sent, headers());
			expect(answer.status).toBe(401);
			expect(await answer.text()).toBe('');
			expect(await trigger.executions()).toEqual([]);
		});
	});

	it('nothing while there is no secret, and asks Linq to come again', async () => {
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
			const empty = { ...headers, 'webhook-signature': `v1,${hmacOfNothing(body)}` };
			expect((await post(body, empty)).status).toBe(503);
			expect((await post(body, {})).status).toBe(401);
		}
		expect(await trigger.executions()).toEqual([]);
		trigger.save(state);
		expect((await post(body, headers)).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('a call that is four minutes off, either way', async () => {
		for (const ms of [-4 * MINUTE, 4 * MINUTE]) {
			const answer = await deliver(worsened(), randomUUID(), new Date(Date.now() + ms));
			expect(answer.status).toBe(200);
		}
		expect(await trigger.executions()).toHaveLength(2);
	});

	it('a call with several signatures, of which one is right', async () => {
		const body = JSON.stringify(worsened());
		const headers = signedHeaders(secret(), 'msg_1', body);
		const answer = await post(body, {
			...headers,
			'webhook-signature': `v1,AAAA v2,BBBB ${headers['webhook-signature'] ?? ''}`,
		});
		expect(answer.status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it.each([
		['text that is not JSON', 'hello'],
		['JSON that is no object', '[]'],
		['an event that tells of no line', '{"event_type":"phone_number.status_updated"}'],
		[
			'over 1 MB',
			JSON.stringify({ ...statusUpdated({ phone_number: LINE }), padding: 'x'.repeat(1_000_000) }),
		],
	])('and refuses %s with 400', async (_, body) => {
		const answer = await post(body, signedHeaders(secret(), 'msg_1', body));
		expect(answer.status).toBe(400);
		expect(await trigger.executions()).toEqual([]);
	});

	it('an event of another type, and starts nothing', async () => {
		const answer = await deliver({ ...worsened(), event_type: 'message.received' });
		expect(answer.status).toBe(200);
		expect(await trigger.executions()).toEqual([]);
	});

	it('the same delivery once: again, at the same moment, and after a restart', async () => {
		const envelope = worsened();
		const answers = await Promise.all([1, 2, 3].map(async () => await deliver(envelope, 'msg_1')));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		// One process knows its own copies, and does not let them become executions.
		expect(trigger.begun()).toBe(1);
		await trigger.restart();
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		expect(trigger.begun()).toBe(2);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('a copy after a restart, with thousands of earlier deliveries in between', async () => {
		const ids = Array.from({ length: 2_000 }, (_, index) => `msg_${index}`);
		trigger.remember(ids);
		expect((await deliver(worsened(), 'msg_0')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(0);
		expect((await deliver(worsened(), 'msg_2000')).status).toBe(200);
		await trigger.restart();
		expect((await deliver(worsened(), 'msg_2000')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('and writes nothing to what n8n keeps for the subscription', async () => {
		const before = trigger.saved();
		const publish = trigger.loadForCodeNode();
		await deliver(worsened());
		await trigger.executions();
		expect(trigger.saved()).toEqual(before);
		publish();
		expect(trigger.saved()).toEqual(before);
	});

	it('an event that n8n cannot save: responds with 500, and takes the retry', async () => {
		const envelope = worsened();
		trigger.broken = true;
		expect((await deliver(envelope, 'msg_1')).status).toBe(500);
		expect((await deliver(envelope, 'msg_1')).status).toBe(500);
		trigger.broken = false;
		expect((await deliver(envelope, 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('an event whose look-up in the database fails: better twice than never', async () => {
		trigger.failLookUps(2);
		expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
		await trigger.restart();
		expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(2);
	});

	it('events that wait for a slot: their retries are acknowledged at once, each runs once', async () => {
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
			const workflows = holdUntilReleased();
			limited.beforeEnd = workflows.until;
			const sender = new AbortController();
			const events = Array.from({ length: 10 }, (_, index) => `msg_${index}`);
			const first = events.map(
				async (id) => await send(worsened(), id, sender.signal).catch(() => undefined),
			);
			while (limited.begun() < events.length) await delay(1);
			// Linq gives up on a request after some seconds.
			sender.abort();
			await Promise.all(first);
			for (const id of events) expect((await send(worsened(), id)).status).toBe(200);
			workflows.release();
			expect(await limited.executions()).toHaveLength(events.length);
			expect(limited.begun()).toBe(events.length);
		} finally {
			await limited.close();
		}
	});

	describe('an event whose caller hangs up', () => {
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
			'%s: blocks no retry, and runs once',
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

		it('and that n8n then cannot save: the retry runs', async () => {
			const held = holdUntilReleased();
			trigger.beforeSaving = held.until;
			trigger.broken = true;
			await hangUp('msg_1');
			// While n8n is at it, a retry is acknowledged.
			expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
			held.release();
			while (trigger.failed() === 0) await delay(1);
			trigger.broken = false;
			expect((await deliver(worsened(), 'msg_1')).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(1);
		});
	});

	describe('an event with a parameter that cannot be read by then', () => {
		it.each<[string, INodeParameters]>([
			['Events', { events: '={{ undefined }}' }],
			['Events', { events: '={{ $json.nothing.at.all }}' }],
			['New Reputation', { newReputation: '={{ "critical" }}' }],
			['Simplify', { simplify: '={{ null }}' }],
		])('%s: counts as any', async (_, parameters) => {
			trigger.parameters = parameters;
			expect((await deliver(worsened())).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(1);
		});

		it('leaves the other parameters as they are', async () => {
			trigger.parameters = { newReputation: '={{ undefined }}', events: ['status'] };
			expect((await deliver(worsened())).status).toBe(200);
			expect(await trigger.executions()).toHaveLength(0);
		});
	});

	it('a signed body with a byte order mark', async () => {
		const body = `\ufeff${JSON.stringify(worsened())}`;
		expect((await post(body, signedHeaders(secret(), 'msg_1', body))).status).toBe(200);
		expect(await trigger.executions()).toHaveLength(1);
	});

	it('an event that a person runs again', async () => {
		await deliver(worsened(), 'msg_1');
		await trigger.executions();
		await trigger.retry();
		const [first, second] = await trigger.executions();
		expect(second?.[0]?.json).toEqual(first?.[0]?.json);
	});

	it('200 events with 20% duplicates: each starts one execution', async () => {
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

/** What a forger would sign with an empty key. */
function hmacOfNothing(body: string): string {
	const timestamp = Math.floor(Date.now() / 1_000);
	return createHmac('sha256', '').update(`msg_1.${timestamp}.${body}`).digest('base64');
}
