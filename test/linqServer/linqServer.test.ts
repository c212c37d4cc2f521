import Linq from '@linqapp/sdk';
import { startLinqServer, type LinqServer } from './server';

describe('the local Linq API, by the official SDK', () => {
	let server: LinqServer;
	let sdk: Linq;

	beforeEach(async () => {
		server = await startLinqServer();
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
		[
			'a bad number',
			'550e8400-e29b-41d4-a716-000000000001',
			'2025557777',
			Linq.BadRequestError,
			1002,
		],
		['an id that is no UUID', 'chats', '+12025557777', Linq.BadRequestError, 1005],
		[
			'an unknown line',
			'550e8400-e29b-41d4-a716-999999999999',
			'+12025557777',
			Linq.NotFoundError,
			2001,
		],
	])('answers %s by the typed error', async (_, id, number, type, code) => {
		const error: unknown = await sdk.phoneNumbers
			.update(id, { forwarding_number: number })
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
	] as const)('answers %i by the typed error', async (code, type) => {
		server.faults.push({ mishap: { kind: 'apiError', code, retryAfter: 2 } });
		const error: unknown = await sdk.phoneNumbers.list().catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(type);
		expect(error).toMatchObject({ error: { error: { code, retry_after: 2 } } });
	});

	it('refuses a wrong key', async () => {
		const stranger = new Linq({ apiKey: 'wrong', baseURL: server.baseUrl, maxRetries: 0 });
		await expect(stranger.phoneNumbers.list()).rejects.toBeInstanceOf(Linq.AuthenticationError);
	});

	it('is retried by the SDK as it asks for', async () => {
		server.faults.push({
			times: 1,
			mishap: { kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '5' } },
		});
		const patient = new Linq({ apiKey: server.apiKey, baseURL: server.baseUrl, maxRetries: 1 });
		await expect(patient.phoneNumbers.list()).resolves.toBeDefined();
		expect(server.requests).toHaveLength(2);
	});
});
