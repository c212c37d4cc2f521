import { startRun } from '../../support/runNode';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { captureLog } from '../../support/captureLog';

describe("n8n's log", () => {
	const readLog = captureLog();
	let server: FakeLinqApi;

	beforeAll(async () => {
		server = await startFakeLinqApi();
	});
	afterAll(async () => {
		await server.close();
	});

	it('tells of a long wait in one line, without the key or a number', async () => {
		const line = server.lines[1];
		server.faults.push({
			times: 1,
			fault: { kind: 'response', status: 429, body: '{}', headers: { 'retry-after': '30' } },
		});
		jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
		try {
			const run = { ended: false };
			const { result } = startRun({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'id', value: line?.id ?? '' },
					forwardingNumber: '+12025557777',
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			});
			void result.finally(() => (run.ended = true));
			while (!run.ended) {
				await new Promise((resolve) => setImmediate(resolve));
				await jest.advanceTimersByTimeAsync(100);
			}
			expect((await result).error).toBeUndefined();
		} finally {
			jest.useRealTimers();
		}
		expect(line?.forwarding_number).toBe('+12025557777');

		const log = await readLog('finished');
		expect(log.match(/.*retrying.*/g)).toEqual([
			expect.stringContaining('Linq Phone Numbers: retrying in 30 seconds, as Linq asked'),
		]);
		expect(log).not.toContain(server.apiKey);
		expect(log).not.toContain('5557777');
		expect(log).not.toContain(line?.phone_number);
	});
});
