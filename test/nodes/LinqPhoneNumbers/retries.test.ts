import type { IDataObject } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../../fakeLinqApi/faultInjection';
import { holdRequests, seededRandom } from '../../fakeLinqApi/faultInjection';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { useFakeClock } from '../../support/fakeClock';
import { runNode, startRun } from '../../support/runNode';

const FORWARD = '+12025557777';

describe('What happens when', () => {
	let server: FakeLinqApi;
	/** Returns an update of the second line, or of each item's line. */
	const run = (options: IDataObject = {}, items?: IDataObject[], rest = {}) => ({
		parameters: {
			operation: 'updateForwarding',
			line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
			forwardingNumber: FORWARD,
			options,
		} as never,
		items: items ?? [{ id: server.lines[1]?.id ?? '' }],
		credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		...rest,
	});
	const all = () => server.lines.map(({ id }) => ({ id }));
	const response = (status: number, body = '{}', headers = {}): Fault => ({
		kind: 'response',
		status,
		body,
		headers,
	});
	const webPage = (status: number) => response(status, '<html>', { 'content-type': 'text/html' });

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	describe('(waits end at once)', () => {
		const clock = useFakeClock();

		describe.each([408, 429, 500, 502, 503, 504])('status %i', (status) => {
			it('once: is retried after a backoff', async () => {
				server.faults.push({ times: 1, fault: webPage(status) });
				const { error } = await runNode(run());
				expect(error).toBeUndefined();
				expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
				expect(server.requests).toHaveLength(2);
				const [backoff] = clock.waits;
				expect(backoff).toBeGreaterThanOrEqual(500);
				expect(backoff).toBeLessThanOrEqual(625);
			});

			it('forever: fails after the retries, and says how often it was tried', async () => {
				server.faults.push({ fault: webPage(status) });
				const { error } = await runNode(run({ maxRetries: 1 }));
				expect(server.requests).toHaveLength(2);
				expect(error?.message).toContain('received a web page instead of an API response');
				expect(error?.description).toContain('n8n tried 2 times.');
				expect(error?.description).toContain(`HTTP ${status}`);
			});
		});

		it('nothing is set: there are three retries, each after a longer wait', async () => {
			server.faults.push({ fault: response(500) });
			await runNode(run());
			expect(server.requests).toHaveLength(4);
			const [first = 0, second = 0, third = 0] = clock.waits;
			expect(clock.waits).toHaveLength(3);
			expect(second).toBeGreaterThan(first);
			expect(third).toBeGreaterThan(second);
		});

		it.each([
			['seconds', { 'retry-after': '7' }, '{}', 7_000],
			['milliseconds', { 'retry-after-ms': '900' }, '{}', 900],
			['less than a backoff', { 'retry-after-ms': '1' }, '{}', 1],
			['the body', {}, '{"error":{"retry_after":6}}', 6_000],
			['the longest of several', { 'retry-after': '5', 'retry-after-ms': '20' }, '{}', 5_000],
		])(
			'Linq asks for a wait in %s: the node waits exactly that long',
			async (_, headers, body, ms) => {
				server.faults.push({ times: 1, fault: response(429, body, headers) });
				const { error } = await runNode(run());
				expect(error).toBeUndefined();
				expect(Math.max(...clock.waits)).toBeCloseTo(ms, 3);
			},
		);

		it('Linq asks for a wait as an HTTP date: the node waits until then', async () => {
			const until = Math.ceil(Date.now() / 1_000) * 1_000 + 9_000;
			const date = new Date(until).toUTCString();
			server.faults.push({ times: 1, fault: response(503, '{}', { 'retry-after': date }) });
			await runNode(run());
			// Up to ten seconds, less what the test itself took.
			const longest = Math.max(...clock.waits);
			expect(longest).toBeGreaterThan(0);
			expect(longest).toBeLessThanOrEqual(10_000);
			expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
		});

		it('the connection is refused forever: fails after the retries', async () => {
			const { credentials, ...rest } = run({ maxRetries: 1 });
			const { error } = await runNode({
				...rest,
				credentials: { ...credentials, baseUrl: 'http://127.0.0.1:1/api/partner' },
			});
			expect(error?.message).toContain('the server refused the connection');
			expect(error?.description).toContain('n8n tried 2 times.');
		});

		it.each(['beforeHeaders', 'midBody', 'afterApplying'] as const)(
			'the connection is reset %s: it is retried',
			async (when) => {
				server.faults.push({ times: 1, fault: { kind: 'reset', when } });
				const { error } = await runNode(run());
				expect(error).toBeUndefined();
				expect(server.requests).toHaveLength(2);
				expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
			},
		);

		it('malformed JSON comes with a server error: it is retried', async () => {
			server.faults.push({ times: 1, fault: response(502, '{"error":{"code":') });
			const { error } = await runNode(run());
			expect(error).toBeUndefined();
			expect(server.requests).toHaveLength(2);
		});

		it('listing fails once: it is retried', async () => {
			server.faults.push({ times: 1, fault: { kind: 'reset', when: 'midBody' } });
			const { error, outputs } = await runNode({
				parameters: { operation: 'list' },
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			});
			expect(error).toBeUndefined();
			expect(outputs[0]).toHaveLength(5);
			expect(server.requests).toHaveLength(2);
		});

		it('no response comes in time: it is retried', async () => {
			server.faults.push({ times: 1, fault: { kind: 'hang' } });
			const { parameters, ...rest } = run();
			const { error } = await runNode({
				...rest,
				parameters: { ...(parameters as object), requestOptions: { timeout: 200 } },
			});
			expect(error).toBeUndefined();
			// More on a very slow machine.
			expect(server.requests.length).toBeGreaterThanOrEqual(2);
		});

		it('5% of the requests for 300 lines fail: all are updated', async () => {
			server.lines.splice(0, 5, ...manyLines(300));
			const random = seededRandom(20_260);
			const faults: Fault[] = [
				{ kind: 'apiError', code: 3006 },
				{ kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '20' } },
				{ kind: 'reset', when: 'beforeHeaders' },
				{ kind: 'reset', when: 'afterApplying' },
			];
			for (const fault of faults) {
				server.faults.push({ when: () => random() < 0.05 / faults.length, fault });
			}
			const { error, outputs } = await runNode(run({}, all()));
			expect(error).toBeUndefined();
			expect(outputs[0]?.map(({ json }) => json.id)).toEqual(server.lines.map(({ id }) => id));
			expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(
				true,
			);
			expect(server.requests.length).toBeGreaterThan(305);
			expect(server.maxInFlight()).toBeLessThanOrEqual(50);
		});
	});

	it.each([400, 401, 403, 404, 409, 422])('status %i: is never retried', async (status) => {
		server.faults.push({ fault: response(status) });
		const { error } = await runNode(run());
		expect(server.requests).toHaveLength(1);
		expect(error?.description).toContain(`HTTP ${status}`);
	});

	it.each([
		...[408, 429, 500, 503].map((status) => [response(status), true] as const),
		...[302, 400, 401, 403, 404, 409, 422, 501].map((status) => [response(status), false] as const),
		[{ kind: 'reset', when: 'beforeHeaders' }, true] as const,
	])('%j: the failed item says that it is retryable: %s', async (fault, retryable) => {
		server.faults.push({ fault });
		const { outputs } = await runNode(
			run({ maxRetries: 0 }, undefined, { onError: 'continueRegularOutput' }),
		);
		const said = expect.stringMatching(/try again/i) as string;
		const notSaid = expect.not.stringMatching(/try again/i) as string;
		expect(outputs[0]?.[0]?.json.error).toMatchObject({
			retryable,
			description: retryable ? said : notSaid,
		});
	});

	it('Linq asks for a wait: all requests of the run wait', async () => {
		server.lines.splice(0, 5, ...manyLines(30));
		server.faults.push({ times: 1, fault: response(429, '{}', { 'retry-after-ms': '400' }) });
		const { error } = await runNode(run({}, all()));
		expect(error).toBeUndefined();
		expect(server.requests).toHaveLength(31);
		const first = server.requests[0]?.at ?? 0;
		const meanwhile = server.requests.filter(({ at }) => at - first < 400);
		// Those in flight when the response arrived.
		expect(meanwhile.length).toBeLessThanOrEqual(10);
	});

	it.each([{ 'retry-after': '61' }, { 'retry-after-ms': '90000' }])(
		'Linq asks for a wait of over a minute (%j): it fails at once',
		async (headers) => {
			server.faults.push({ fault: response(429, '{}', headers) });
			const { error } = await runNode(run());
			expect(server.requests).toHaveLength(1);
			expect(error?.description).toMatch(/The server asked to wait (61|90) seconds/);
		},
	);

	it('the host does not exist: it says so', async () => {
		const { credentials, ...rest } = run({ maxRetries: 0 });
		const { error } = await runNode({
			...rest,
			credentials: { ...credentials, baseUrl: 'http://linq.invalid/api/partner' },
		});
		expect(error?.message).toMatch(/the host name (does not exist|could not be looked up)/);
	});

	it('a successful response has an invalid body: it is an error', async () => {
		server.faults.push({ fault: response(200, '{"id":') });
		const { error } = await runNode(run());
		expect(error?.message).toContain('the response is not JSON');
		expect(error?.description).toContain('Linq may have applied the update anyway');
		expect(server.requests).toHaveLength(1);
	});

	it('the execution is stopped while waiting for a retry: it sends nothing more', async () => {
		server.lines.splice(0, 5, ...manyLines(30));
		const { fault, release } = holdRequests(response(503, '{}', { 'retry-after': '50' }));
		server.faults.push({ fault });
		const started = startRun(run({}, all()));
		while (server.requests.length < 10) await delay(5);
		release();
		while (server.inFlight() > 0) await delay(5);
		started.cancel();
		// Well before the 50 seconds are over: otherwise the test times out.
		const { status } = await started.result;
		expect(status).toBe('canceled');
		expect(server.requests).toHaveLength(10);
	});

	it('the execution is stopped while waiting for a response: it sends nothing more', async () => {
		server.lines.splice(0, 5, ...manyLines(30));
		const { fault, release } = holdRequests();
		server.faults.push({ fault });
		const started = startRun(run({}, all()));
		while (server.requests.length < 10) await delay(5);
		started.cancel();
		const { status } = await started.result;
		expect(status).toBe('canceled');
		release();
		while (server.writes.length < 10) await delay(5);
		// When another run has had its responses, this one has had them too.
		await runNode({ ...run(), parameters: { operation: 'list' } });
		expect(server.requests.filter(({ method }) => method === 'PUT')).toHaveLength(10);
	});
});
