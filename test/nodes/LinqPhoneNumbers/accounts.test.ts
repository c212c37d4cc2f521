import type { IDataObject } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { exampleLines, manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { runNode, startRun } from '../../support/runNode';

const A = '+12025557101';
const B = '+12025557102';
const NUMBER = '+12025550001';

/** Two accounts with lines of the same numbers, in some tests also with the same IDs: a staging copy of production. */
describe('Items and runs of two accounts', () => {
	let production: FakeLinqApi;
	let staging: FakeLinqApi;
	const accountOf = ({ apiKey, baseUrl }: FakeLinqApi) => ({ key: apiKey, url: baseUrl });
	/** The credential has expressions: each item has its own account. */
	const nodeRun = (parameters: IDataObject, items: IDataObject[]) => ({
		parameters: parameters as never,
		items,
		credentials: { apiKey: '={{ $json.key }}', baseUrl: '={{ $json.url }}' },
	});
	const run = async (parameters: IDataObject, items: IDataObject[]) =>
		await runNode(nodeRun(parameters, items));
	const update = (options: IDataObject = {}) => ({
		operation: 'updateForwarding',
		line: '={{ $json.line }}',
		forwardingNumber: '={{ $json.to }}',
		options,
	});

	beforeEach(async () => {
		production = await startFakeLinqApi({ apiKey: 'key-of-production' });
		staging = await startFakeLinqApi({ apiKey: 'key-of-staging' });
	});
	afterEach(async () => {
		await production.close();
		await staging.close();
	});

	const keysSeenBy = (server: FakeLinqApi) =>
		new Set(server.requests.map(({ headers }) => headers.authorization));

	it("List gives each item its own account's lines, and each key goes to its own host only", async () => {
		const { outputs, error } = await run({ operation: 'list' }, [
			accountOf(production),
			accountOf(staging),
			accountOf(production),
		]);
		expect(error).toBeUndefined();
		const ids = (server: FakeLinqApi) => server.lines.map(({ id }) => id);
		expect(outputs[0]?.map(({ json }) => json.id)).toEqual([
			...ids(production),
			...ids(staging),
			...ids(production),
		]);
		expect(production.requests).toHaveLength(1);
		expect(staging.requests).toHaveLength(1);
		expect(keysSeenBy(production)).toEqual(new Set(['Bearer key-of-production']));
		expect(keysSeenBy(staging)).toEqual(new Set(['Bearer key-of-staging']));
	});

	it('treats two keys at one host as two accounts', async () => {
		const { outputs } = await runNode({
			parameters: { operation: 'list' },
			items: [{ key: production.apiKey }, { key: 'another' }],
			credentials: { apiKey: '={{ $json.key }}', baseUrl: production.baseUrl },
			onError: 'continueRegularOutput',
		});
		expect(outputs[0]?.slice(0, 5).map(({ json }) => json.error)).toEqual(Array(5).fill(undefined));
		expect(outputs[0]?.[5]?.json.error).toMatchObject({ source: 'credential', http_status: 401 });
		expect(production.requests).toHaveLength(2);
	});

	it('updates by number and Skip Unchanged use the lines of the item’s own account', async () => {
		if (staging.lines[0]) staging.lines[0].forwarding_number = A;
		const { outputs, error } = await run(update({ skipUnchanged: true }), [
			{ ...accountOf(production), line: NUMBER, to: A },
			{ ...accountOf(staging), line: NUMBER, to: A },
		]);
		expect(error).toBeUndefined();
		expect(outputs[0]?.map(({ json }) => json)).toEqual([
			{
				id: production.lines[0]?.id,
				phone_number: NUMBER,
				forwarding_number: A,
				changed: true,
				previous_forwarding_number: '+12025559999',
			},
			{
				id: staging.lines[0]?.id,
				phone_number: NUMBER,
				forwarding_number: A,
				changed: false,
				previous_forwarding_number: A,
			},
		]);
		expect(production.writes.map(({ to }) => to)).toEqual([A]);
		expect(staging.writes).toEqual([]);
		expect(keysSeenBy(staging)).toEqual(new Set(['Bearer key-of-staging']));
	});

	describe('if their lines have equal IDs', () => {
		let id: string;
		beforeEach(() => {
			const lines = exampleLines();
			id = lines[0]?.id ?? '';
			production.lines.splice(0, 5, ...structuredClone(lines));
			staging.lines.splice(0, 5, ...structuredClone(lines));
		});

		it('an update confirmed by one account does not count as unchanged in the other', async () => {
			await run(update({ skipUnchanged: true }), [{ ...accountOf(production), line: id, to: A }]);
			const { outputs } = await run(update({ skipUnchanged: true }), [
				{ ...accountOf(staging), line: id, to: A },
			]);
			expect(outputs[0]?.[0]?.json).toMatchObject({ changed: true, forwarding_number: A });
			expect(staging.writes.map(({ to }) => to)).toEqual([A]);
		});

		it('Skip Unchanged compares each item with its own account, also in one run', async () => {
			const { outputs } = await run(update({ skipUnchanged: true }), [
				{ ...accountOf(production), line: id, to: A },
				{ ...accountOf(staging), line: id, to: B },
				{ ...accountOf(staging), line: id, to: B },
				{ ...accountOf(production), line: id, to: A },
			]);
			expect(outputs[0]?.map(({ json }) => json.changed)).toEqual([true, true, false, false]);
		});

		it('an unconfirmed update of one account causes no update in the other', async () => {
			production.faults.push({
				method: 'PUT',
				fault: { kind: 'response', status: 504, body: '' },
			});
			await run(update({ maxRetries: 0 }), [{ ...accountOf(production), line: id, to: A }]);
			await run(update({ skipUnchanged: true }), [
				{ ...accountOf(staging), line: id, to: '+12025559999' },
			]);
			expect(staging.writes).toEqual([]);
		});

		it('an update of one account does not wait for the other’s', async () => {
			const { fault, release } = holdRequests();
			production.faults.push({ method: 'PUT', fault });
			const slow = run(update(), [{ ...accountOf(production), line: id, to: A }]);
			while (production.requests.length === 0) await delay(1);
			// Else this would wait forever.
			const { error } = await run(update(), [{ ...accountOf(staging), line: id, to: A }]);
			expect(error).toBeUndefined();
			release();
			await slow;
		});

		it('a slow list of one account does not delay the other’s items of the same run', async () => {
			const { fault, release } = holdRequests();
			production.faults.push({ method: 'GET', fault });
			const running = run(update(), [
				{ ...accountOf(production), line: NUMBER, to: A },
				{ ...accountOf(staging), line: NUMBER, to: A },
			]);
			// Else this would wait forever.
			while (staging.writes.length === 0) await delay(1);
			release();
			expect((await running).error).toBeUndefined();
		});
	});

	it('a Retry-After to one run pauses every run of the account', async () => {
		production.faults.push({
			times: 1,
			fault: { kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '600' } },
		});
		const first = run({ operation: 'list' }, [accountOf(production)]);
		while (production.requests.length === 0 || production.inFlight() > 0) await delay(1);
		// By the time that another account's run has had its response, this one has too.
		await run({ operation: 'list' }, [accountOf(staging)]);
		await run({ operation: 'list' }, [accountOf(production)]);
		await first;
		const [throttled, ...later] = production.requests.map(({ at }) => at);
		expect(later).toHaveLength(2);
		// The pause is counted from the response, a little after the request.
		for (const at of later) expect(at - (throttled ?? 0)).toBeGreaterThanOrEqual(600);
	});

	it('a Retry-After of one account does not pause the other', async () => {
		production.faults.push({
			times: 1,
			fault: { kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '5000' } },
		});
		const paused = startRun(nodeRun({ operation: 'list' }, [accountOf(production)]));
		while (production.requests.length === 0 || production.inFlight() > 0) await delay(1);
		await run({ operation: 'list' }, [accountOf(staging)]);
		expect(production.requests).toHaveLength(1);
		paused.cancel();
		await paused.result;
	});

	it('four runs of one account have at most 50 requests in flight together', async () => {
		production.lines.splice(0, 5, ...manyLines(400));
		const { fault, release } = holdRequests();
		production.faults.push({ when: () => production.writes.length >= 200, fault });
		const runs = [0, 1, 2, 3].map(
			async (quarter) =>
				await run(
					update(),
					production.lines
						.slice(quarter * 100, quarter * 100 + 100)
						.map(({ id }) => ({ ...accountOf(production), line: id, to: A })),
				),
		);
		while (production.inFlight() < 50) await delay(1);
		// A 51st would have arrived by now.
		await delay(50);
		release();
		for (const { error } of await Promise.all(runs)) expect(error).toBeUndefined();
		expect(production.maxInFlight()).toBe(50);
	});

	it('a run of one update does not wait for all of a large run', async () => {
		production.lines.splice(0, 5, ...manyLines(400));
		production.faults.push({ fault: { kind: 'delay', ms: 2 } });
		const items = production.lines.map(({ id }) => ({
			...accountOf(production),
			line: id,
			to: A,
		}));
		const large = run(update(), items.slice(1));
		while (production.requests.length === 0) await delay(1);
		await run(update(), items.slice(0, 1));
		expect(production.writes.length).toBeLessThan(350);
		await large;
	});
});
