import Linq from '@linqapp/sdk';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { startFakeLinqApi, type FakeLinqApi } from '../fakeLinqApi/server';

describe('The local Linq API, called by the official SDK', () => {
	let server: FakeLinqApi;
	let sdk: Linq;

	beforeEach(async () => {
		server = await startFakeLinqApi();
		sdk = new Linq({ apiKey: server.apiKey, baseURL: server.baseUrl, maxRetries: 0 });
	});
	afterEach(async () => {
		await server.close();
	});

	it('lists lines', async () => {
		const { phone_numbers } = await sdk.phoneNumbers.list();
		expect(phone_numbers).toHaveLength(5);
		expect(phone_numbers[1]).toMatchObject({
			phone_number: '+12025550002',
			reputation: { status: 'AT_RISK' },
		});
	});

	it('sets and clears a forwarding number', async () => {
		const id = server.lines[1]?.id ?? '';
		const set = await sdk.phoneNumbers.update(id, { forwarding_number: '+12025557777' });
		expect(set).toEqual({ id, phone_number: '+12025550002', forwarding_number: '+12025557777' });
		expect(server.lines[1]?.forwarding_number).toBe('+12025557777');
		const cleared = await sdk.phoneNumbers.update(id, { forwarding_number: '' });
		expect(cleared.forwarding_number).toBeNull();
		expect(server.lines[1]?.forwarding_number).toBeNull();
	});

	it.each([
		['a bad number', undefined, '2025557777', Linq.BadRequestError, 1002],
		['an id that is no UUID', 'chats', '+12025557777', Linq.BadRequestError, 1005],
		['an unknown line', randomUUID(), '+12025557777', Linq.NotFoundError, 2001],
	])('responds to %s with the typed error', async (_, id, number, type, code) => {
		const error: unknown = await sdk.phoneNumbers
			.update(id ?? server.lines[0]?.id ?? '', { forwarding_number: number })
			.catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(type);
		expect(error).toMatchObject({
			error: {
				success: false,
				error: { code },
				trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
			},
		});
	});

	it.each([
		[1007, Linq.RateLimitError],
		[2005, Linq.PermissionDeniedError],
		[3006, Linq.InternalServerError],
	] as const)('responds with the typed error for code %i', async (code, type) => {
		server.faults.push({ fault: { kind: 'apiError', code, retryAfter: 2 } });
		const error: unknown = await sdk.phoneNumbers.list().catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(type);
		expect(error).toMatchObject({ error: { error: { code, retry_after: 2 } } });
	});

	it('has its own line IDs: no two accounts share one', async () => {
		const other = await startFakeLinqApi();
		await other.close();
		const ids = [...server.lines, ...other.lines].map(({ id }) => id);
		expect(new Set(ids).size).toBe(10);
	});

	it('rejects a wrong key', async () => {
		const unauthorized = new Linq({ apiKey: 'wrong', baseURL: server.baseUrl, maxRetries: 0 });
		await expect(unauthorized.phoneNumbers.list()).rejects.toBeInstanceOf(Linq.AuthenticationError);
	});

	it('is retried by the SDK after a Retry-After', async () => {
		server.faults.push({
			times: 1,
			fault: { kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '5' } },
		});
		const retrying = new Linq({ apiKey: server.apiKey, baseURL: server.baseUrl, maxRetries: 1 });
		await expect(retrying.phoneNumbers.list()).resolves.toBeDefined();
		expect(server.requests).toHaveLength(2);
	});

	describe('webhook subscriptions', () => {
		const subscription = {
			target_url: 'https://n8n.example.com/webhook?version=2026-02-03',
			subscribed_events: ['phone_number.status_updated' as const],
		};

		it('show the secret once, and can be updated and deleted', async () => {
			const created = await sdk.webhookSubscriptions.create(subscription);
			expect(created.signing_secret).toMatch(/^whsec_/);
			const { subscriptions } = await sdk.webhookSubscriptions.list();
			expect(subscriptions).toEqual([
				expect.objectContaining({ ...subscription, id: created.id, is_active: true }),
			]);
			expect(JSON.stringify(subscriptions)).not.toContain(created.signing_secret);

			const changed = await sdk.webhookSubscriptions.update(created.id, {
				is_active: false,
				phone_numbers: ['+12025550001'],
			});
			expect(changed).toMatchObject({ is_active: false, phone_numbers: ['+12025550001'] });
			await sdk.webhookSubscriptions.delete(created.id);
			await expect(sdk.webhookSubscriptions.retrieve(created.id)).rejects.toBeInstanceOf(
				Linq.NotFoundError,
			);
		});

		it.each(['http://n8n.example.com/', 'http://127.0.0.1:1/', subscription.target_url])(
			'reject the target %s, which is not https or has a subscription',
			async (target_url) => {
				await sdk.webhookSubscriptions.create(subscription);
				await expect(
					sdk.webhookSubscriptions.create({ ...subscription, target_url }),
				).rejects.toBeInstanceOf(Linq.BadRequestError);
			},
		);

		it('have deliveries whose signature the SDK accepts, and that are retried after a 503', async () => {
			const local = await startFakeLinqApi({ plainLoopback: true });
			const received: Array<{ body: string; headers: IncomingHttpHeaders }> = [];
			const receiver = createServer((request, response) => {
				void text(request).then((body) => {
					received.push({ body, headers: request.headers });
					response.writeHead(received.length === 1 ? 503 : 200).end();
				});
			});
			await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
			try {
				const address = receiver.address();
				const port = typeof address === 'object' && address ? address.port : 0;
				const client = new Linq({ apiKey: local.apiKey, baseURL: local.baseUrl, maxRetries: 0 });
				const { signing_secret } = await client.webhookSubscriptions.create({
					...subscription,
					target_url: `http://127.0.0.1:${port}/`,
				});
				const deliveries = await local.changeReputation('+12025550001', 'CRITICAL');
				expect(deliveries).toEqual([{ status: 200, tries: 2 }]);
				const [first, second] = received;
				expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
				const event = client.webhooks.unwrap(second?.body ?? '', {
					headers: Object.fromEntries(
						Object.entries(second?.headers ?? {}).map(([name, value]) => [name, String(value)]),
					),
					key: signing_secret,
				});
				expect(event).toMatchObject({
					event_type: 'phone_number.status_updated',
					data: { previous_reputation: 'HEALTHY', new_reputation: 'CRITICAL' },
				});
			} finally {
				receiver.close();
				await local.close();
			}
		});
	});
});
