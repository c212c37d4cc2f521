import type { IDataObject } from 'n8n-workflow';
import { runNode, startNode } from '../engine';
import { type ErrorCode } from '../linqServer/errors';
import type { Mishap } from '../linqServer/faults';
import { seededRandom } from '../linqServer/faults';
import { manyLines } from '../linqServer/lines';
import { startLinqServer, type LinqServer } from '../linqServer/server';

const FORWARD = '+12025557777';

describe('What happens when', () => {
	let server: LinqServer;
	const run = (options: IDataObject = {}, items: IDataObject[] = [{ id: 2 }], rest = {}) => ({
		parameters: {
			operation: 'updateForwarding',
			phoneNumber: {
				__rl: true,
				mode: 'id',
				value: "=550e8400-e29b-41d4-a716-{{ String($json.id).padStart(12, '0') }}",
			},
			forwardingNumber: FORWARD,
			options,
		} as never,
		items,
		credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		...rest,
	});
	const answer = (status: number, body = '{}', headers = {}): Mishap => ({
		kind: 'answer',
		status,
		body,
		headers,
	});

	beforeEach(async () => {
		server = await startLinqServer();
	});
	afterEach(async () => {
		await server.close();
	});

	describe.each([408, 429, 500, 502, 503, 504])('status %i', (status) => {
		it('once: is tried again', async () => {
			server.faults.push({
				times: 1,
				mishap: answer(status, '<html>', { 'content-type': 'text/html' }),
			});
			const { error } = await runNode(run());
			expect(error).toBeUndefined();
			expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
			const [first, second] = server.requests;
			expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(500);
		});

		it('for ever: fails after the retries, and says how often it was tried', async () => {
			server.faults.push({ mishap: answer(status, '<html>', { 'content-type': 'text/html' }) });
			const { error } = await runNode(run({ maxRetries: 1 }));
			expect(server.requests).toHaveLength(2);
			expect(error?.message).toContain('a web page came back instead of an answer of the API');
			expect(error?.description).toContain('It was tried 2 times.');
			expect(error?.description).toContain(`HTTP ${status}`);
		});
	});

	it.each([400, 401, 403, 404, 409, 422])('status %i: is never tried again', async (status) => {
		server.faults.push({ mishap: answer(status) });
		const { error } = await runNode(run());
		expect(server.requests).toHaveLength(1);
		expect(error?.description).toContain(`HTTP ${status}`);
	});

	it.each([
		...[408, 429, 500, 501, 503].map((status) => [answer(status), true] as const),
		...[302, 400, 401, 403, 404, 409, 422].map((status) => [answer(status), false] as const),
		[{ kind: 'reset', when: 'beforeHeaders' }, true] as const,
	])('%j: the failed item says whether to try again: %s', async (mishap, tryAgain) => {
		server.faults.push({ mishap });
		const { outputs } = await runNode(
			run({ maxRetries: 0 }, undefined, { onError: 'continueRegularOutput' }),
		);
		const said = expect.stringMatching(/try again/i) as string;
		const notSaid = expect.not.stringMatching(/try again/i) as string;
		expect(outputs[0]?.[0]?.json.error).toMatchObject({
			try_again: tryAgain,
			description: tryAgain ? said : notSaid,
		});
	});

	it('the default is three retries', async () => {
		server.faults.push({ mishap: answer(500, '{}', { 'retry-after-ms': '1' }) });
		await runNode(run());
		expect(server.requests).toHaveLength(4);
	}, 15_000);

	it.each([
		['seconds', { 'retry-after': '1' }, '{}', 1_000],
		['milliseconds', { 'retry-after-ms': '900' }, '{}', 900],
		['the body', {}, '{"error":{"retry_after":1}}', 1_000],
		['the longest of several', { 'retry-after': '1', 'retry-after-ms': '20' }, '{}', 1_000],
	])('a wait asked for in %s is kept', async (_, headers, body, ms) => {
		server.faults.push({ times: 1, mishap: answer(429, body, headers) });
		const { error } = await runNode(run());
		expect(error).toBeUndefined();
		const [first, second] = server.requests;
		expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(ms);
	});

	it('a wait asked for as an HTTP date is kept', async () => {
		const until = new Date(Date.now() + 2_000);
		until.setMilliseconds(0);
		server.faults.push({
			times: 1,
			mishap: answer(503, '{}', { 'retry-after': until.toUTCString() }),
		});
		await runNode(run());
		expect(Date.now()).toBeGreaterThanOrEqual(until.getTime());
		expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
	});

	it('a wait that is asked for concerns all requests of the run', async () => {
		server.lines.splice(0, 5, ...manyLines(30));
		server.faults.push({ times: 1, mishap: answer(429, '{}', { 'retry-after': '1' }) });
		const { error } = await runNode(
			run(
				{},
				server.lines.map((_line, index) => ({ id: index + 1 })),
			),
		);
		expect(error).toBeUndefined();
		const first = server.requests[0]?.at ?? 0;
		const meanwhile = server.requests.filter(({ at }) => at - first < 950);
		// What was under way when the answer came.
		expect(meanwhile).toHaveLength(10);
	});

	it('malformed JSON comes with a fault: it is tried again', async () => {
		server.faults.push({ times: 1, mishap: answer(502, '{"error":{"code":') });
		const { error } = await runNode(run());
		expect(error).toBeUndefined();
		expect(server.requests).toHaveLength(2);
	});

	it('listing meets a fault once: it is tried again', async () => {
		server.faults.push({ times: 1, mishap: { kind: 'reset', when: 'midBody' } });
		const { error, outputs } = await runNode({
			parameters: { operation: 'list' },
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(5);
		expect(server.requests).toHaveLength(2);
	});

	it.each([{ 'retry-after': '61' }, { 'retry-after-ms': '90000' }])(
		'a wait of over a minute (%j) fails at once',
		async (headers) => {
			server.faults.push({ mishap: answer(429, '{}', headers) });
			const { error } = await runNode(run());
			expect(server.requests).toHaveLength(1);
			expect(error?.description).toMatch(/Linq asked to wait (61|90) seconds/);
		},
	);

	it.each(['beforeHeaders', 'midBody', 'afterApplying'] as const)(
		'the connection is reset %s: it is tried again',
		async (when) => {
			server.faults.push({ times: 1, mishap: { kind: 'reset', when } });
			const { error } = await runNode(run());
			expect(error).toBeUndefined();
			expect(server.requests).toHaveLength(2);
			expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
		},
	);

	it('the connection is refused for ever', async () => {
		const { credentials, ...rest } = run({ maxRetries: 1 });
		const { error } = await runNode({
			...rest,
			credentials: { ...credentials, baseUrl: 'http://127.0.0.1:1/api/partner' },
		});
		expect(error?.message).toContain('the server refused the connection');
		expect(error?.description).toContain('It was tried 2 times.');
	});

	it('the host does not exist', async () => {
		const { credentials, ...rest } = run({ maxRetries: 0 });
		const { error } = await runNode({
			...rest,
			credentials: { ...credentials, baseUrl: 'http://linq.invalid/api/partner' },
		});
		expect(error?.message).toMatch(/the host name (does not exist|could not be looked up)/);
	});

	it('an answer does not come in time: it is tried again', async () => {
		server.faults.push({ times: 1, mishap: { kind: 'hang' } });
		const { parameters, ...rest } = run();
		const { error } = await runNode({
			...rest,
			parameters: { ...(parameters as object), requestOptions: { timeout: 200 } },
		});
		expect(error).toBeUndefined();
		expect(server.requests).toHaveLength(2);
	});

	it('an answer with a wrong body is an error, not a success', async () => {
		server.faults.push({ mishap: answer(200, '{"id":') });
		const { error } = await runNode(run());
		expect(error?.message).toContain('Linq did not confirm the update');
		expect(server.requests).toHaveLength(1);
	});

	it.each([
		['while waiting for a retry', answer(503, '{}', { 'retry-after': '50' })],
		['while waiting for an answer', { kind: 'delay', ms: 1_500 } satisfies Mishap],
	])(
		'the execution is stopped %s: it ends within a second and sends nothing more',
		async (_, mishap) => {
			server.lines.splice(0, 5, ...manyLines(30));
			server.faults.push({ mishap });
			const started = startNode(
				run(
					{},
					server.lines.map((_line, index) => ({ id: index + 1 })),
				),
			);
			while (server.requests.length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
			await new Promise((resolve) => setTimeout(resolve, 50));
			const before = performance.now();
			started.cancel();
			const { status } = await started.result;
			expect(performance.now() - before).toBeLessThan(1_000);
			expect(status).toBe('canceled');
			await new Promise((resolve) => setTimeout(resolve, 700));
			expect(server.requests).toHaveLength(10);
		},
	);

	it('n8n tries the whole node again (Retry On Fail): it begins anew', async () => {
		server.faults.push({ times: 1, mishap: { kind: 'apiError', code: 2005 } });
		const { error, outputs } = await runNode(
			run({}, [{ id: 1 }, { id: 2 }], { retryOnFail: true }),
		);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(2);
	});

	it('n8n sends in batches: they go on', async () => {
		const { parameters, ...rest } = run({}, [{ id: 1 }, { id: 2 }, { id: 3 }]);
		const { error } = await runNode({
			...rest,
			parameters: {
				...(parameters as object),
				requestOptions: { batching: { batch: { batchSize: 1, batchInterval: 100 } } },
			},
		});
		expect(error).toBeUndefined();
		const [first, , third] = server.requests;
		// Two pauses of 100 ms, less what the first request may have been late.
		expect((third?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(150);
	});

	it('5% of the requests for 1,000 lines fail: all are updated', async () => {
		server.lines.splice(0, 5, ...manyLines(1_000));
		const random = seededRandom(20_260);
		const mishaps: Mishap[] = [
			{ kind: 'apiError', code: 3006 satisfies ErrorCode },
			{ kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '20' } },
			{ kind: 'reset', when: 'beforeHeaders' },
			{ kind: 'reset', when: 'afterApplying' },
		];
		for (const mishap of mishaps) {
			server.faults.push({ when: () => random() < 0.05 / mishaps.length, mishap });
		}
		const { error, outputs } = await runNode(
			run(
				{},
				server.lines.map((_line, index) => ({ id: index + 1 })),
			),
		);
		expect(error).toBeUndefined();
		expect(outputs[0]?.map(({ json }) => json.id)).toEqual(server.lines.map(({ id }) => id));
		expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(true);
		expect(server.requests.length).toBeGreaterThan(1_020);
		expect(server.mostAtOnce()).toBeLessThanOrEqual(50);
	}, 60_000);
});
