import type { IDataObject } from 'n8n-workflow';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { useFakeClock } from '../../support/fakeClock';
import { runNode } from '../../support/runNode';

const FORWARD = '+12025557777';
/** The error of a failed item. */
interface FailedItem {
	message: string;
	description: string;
	retryable: boolean;
}

const NOT_SENT = /^Not sent: /;

describe('A run under On Error: Continue gives up', () => {
	const clock = useFakeClock();
	let server: FakeLinqApi;
	const run = async (items: IDataObject[], parameters: IDataObject = {}, baseUrl?: string) => {
		const { outputs, error } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
				forwardingNumber: FORWARD,
				...parameters,
			},
			items,
			credentials: { apiKey: server.apiKey, baseUrl: baseUrl ?? server.baseUrl },
			onError: 'continueRegularOutput',
		});
		expect(error).toBeUndefined();
		return (outputs[0] ?? []).map(({ json }) => json.error as FailedItem | undefined);
	};
	const items = (count: number) => manyLines(count).map(({ id }) => ({ id }));

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('within 30 seconds if connections to Linq are refused, however many items there are', async () => {
		const errors = await run(items(2_000), {}, 'http://127.0.0.1:1/api/partner');
		expect(errors).toHaveLength(2_000);
		expect(clock.elapsed()).toBeLessThan(30_000);
		const unsent = errors.filter((error) => NOT_SENT.test(error?.message ?? ''));
		expect(unsent.length).toBeGreaterThan(1_950);
		for (const error of errors) {
			expect(error).toMatchObject({ source: 'network', retryable: true, http_status: null });
			expect(error?.message).toContain('the server refused the connection');
		}
		// The message does not name another item's line.
		expect(unsent[0]?.message).toBe('Not sent: the server refused the connection');
	}, 30_000);

	it('at once if Linq asks to wait for longer than a run waits', async () => {
		server.faults.push({ fault: { kind: 'apiError', code: 1007, retryAfter: 3_600 } });
		const errors = await run(items(300));
		// Those that were in flight together.
		expect(server.requests.length).toBeLessThanOrEqual(10);
		expect(clock.elapsed()).toBeLessThan(1_000);
		for (const error of errors) {
			expect(error).toMatchObject({ source: 'linq', retryable: true, http_status: 429 });
			expect(error?.description).toContain('Linq asked to wait 3600 seconds');
		}
	});

	it('after the timeouts of one request if the host never responds', async () => {
		server.faults.push({
			when: () => {
				clock.advance(6_000);
				return true;
			},
			fault: { kind: 'hang' },
		});
		const errors = await run(items(60), {
			requestOptions: { timeout: 300 },
			options: { maxRetries: 1 },
		});
		expect(errors.every((error) => error?.retryable === true)).toBe(true);
		// Ten in flight, two attempts each.
		expect(server.requests.length).toBeLessThanOrEqual(20);
	});

	it('for that run only', async () => {
		await run(items(3), {}, 'http://127.0.0.1:1/api/partner');
		expect(await run([{ id: server.lines[0]?.id ?? '' }])).toEqual([undefined]);
	});

	it('only on the account that is out of reach', async () => {
		const { outputs } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
				forwardingNumber: FORWARD,
			},
			items: [
				...items(50).map((item) => ({ ...item, url: 'http://127.0.0.1:1/api/partner' })),
				{ id: server.lines[0]?.id ?? '', url: server.baseUrl },
			],
			credentials: { apiKey: server.apiKey, baseUrl: '={{ $json.url }}' },
			onError: 'continueRegularOutput',
		});
		expect(outputs[0]?.at(-1)?.json.forwarding_number).toBe(FORWARD);
	});

	it('not after failures with successes in between, even without retries', async () => {
		server.lines.splice(0, 5, ...manyLines(200));
		let requests = 0;
		server.faults.push({
			when: () => {
				clock.advance(2_000);
				return ++requests % 4 !== 0;
			},
			fault: { kind: 'apiError', code: 3006 },
		});
		const errors = await run(
			server.lines.map(({ id }) => ({ id })),
			{ options: { maxRetries: 0 } },
		);
		expect(errors.filter((error) => error === undefined)).toHaveLength(50);
		expect(errors.filter((error) => NOT_SENT.test(error?.message ?? ''))).toEqual([]);
	});
});
