import type { Fault } from '../../fakeLinqApi/faultInjection';
import type { PhoneNumber } from '../../../nodes/shared/linq/phoneNumber';
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

	/** Updates a line, with a fault at the first attempt. */
	const update = async (line: PhoneNumber, fault: Fault) => {
		server.faults.push({ times: 1, fault });
		jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
		try {
			const run = { ended: false };
			const { result } = startRun({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'id', value: line.id },
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
		expect(line.forwarding_number).toBe('+12025557777');
	};

	it('has a line for a long wait and who asked for it, without the key or a phone number', async () => {
		const [, first, second] = server.lines;
		if (!first || !second) throw new Error('There are no lines');
		const headers = { 'retry-after': '30' };
		await update(first, { kind: 'apiError', code: 1007, headers });
		await update(second, { kind: 'response', status: 503, body: '<html>', headers });

		const log = await readLog('as the server asked');
		expect(log.match(/.*retrying.*/g)).toEqual([
			expect.stringContaining('Linq Phone Numbers: retrying in 30 seconds, as Linq asked'),
			expect.stringContaining('Linq Phone Numbers: retrying in 30 seconds, as the server asked'),
		]);
		expect(log).not.toContain(server.apiKey);
		expect(log).not.toContain('5557777');
		expect(log).not.toContain(first.phone_number);
	});
});
