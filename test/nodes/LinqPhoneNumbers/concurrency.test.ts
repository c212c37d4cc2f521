import type { IDataObject } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import { runNode, startRun } from '../../support/runNode';
import type { Fault } from '../../fakeLinqApi/faultInjection';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';

const FORWARD = '+12025557777';

describe('At the concurrency limit', () => {
	let server: FakeLinqApi;
	const run = (items: IDataObject[], options: IDataObject = {}) => ({
		parameters: {
			operation: 'updateForwarding',
			line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
			forwardingNumber: '={{ $json.to }}',
			options,
		} as never,
		items,
		credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
	});
	const all = () => server.lines.map(({ id }) => ({ id, to: FORWARD }));
	const slowly: Fault = { kind: 'delay', ms: 10 };
	const puts = (count: number) => () =>
		server.requests.filter(({ method }) => method === 'PUT').length > count;

	beforeEach(async () => {
		server = await startFakeLinqApi();
		server.lines.splice(0, 5, ...manyLines(600));
	});
	afterEach(async () => {
		await server.close();
	});

	it('50 requests are in flight, never more', async () => {
		const { fault, release } = holdRequests();
		server.faults.push({ when: puts(450), fault });
		const running = runNode(run(all()));
		while (server.inFlight() < 50) await delay(1);
		// A 51st would have arrived by now.
		await delay(50);
		release();
		expect((await running).error).toBeUndefined();
		expect(server.maxInFlight()).toBe(50);
		expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(true);
	});

	it('updates of one line keep their order', async () => {
		server.faults.push(
			{
				when: puts(450),
				times: 20,
				fault: { kind: 'apiError', code: 3006, headers: { 'retry-after-ms': '50' } },
			},
			{ fault: slowly },
		);
		const [line] = server.lines;
		const items = all().flatMap((item, index) =>
			index % 20 !== 0
				? [item]
				: [item, { id: line?.id ?? '', to: `+1202556${String(index).padStart(4, '0')}` }],
		);
		const { error } = await runNode(run(items));
		expect(error).toBeUndefined();
		expect(line?.forwarding_number).toBe('+12025560580');
	});

	it('Stop: nothing is sent after the failure, and the progress report is right', async () => {
		const broken = server.lines[450];
		server.faults.push(
			{ path: broken?.id, fault: { kind: 'apiError', code: 2005 } },
			{ fault: slowly },
		);
		const { error } = await runNode(run(all()));
		const sent = server.requests.length;
		const updated = server.lines.filter(
			({ forwarding_number }) => forwarding_number === FORWARD,
		).length;
		expect(error?.context.itemIndex).toBe(450);
		expect(error?.description).toContain(`Updated: ${updated}, `);
		expect(sent).toBe(updated + 1);
		expect(updated).toBeLessThan(501);
	});

	it('a canceled execution ends without the responses, and sends nothing more', async () => {
		const { fault, release } = holdRequests();
		server.faults.push({ when: puts(450), fault });
		const started = startRun(run(all()));
		while (!puts(480)()) await delay(1);
		started.cancel();
		const { status } = await started.result;
		expect(status).toBe('canceled');
		release();
		// By the time that another run has had its responses, so has the canceled one.
		await runNode(run(all().slice(0, 1)));
		expect(server.requests.length).toBeLessThan(560);
	});

	it.each([
		['a 429', { kind: 'apiError', code: 1007, headers: { 'retry-after-ms': '200' } }],
		['a 503', { kind: 'response', status: 503, body: '{}' }],
		['a reset', { kind: 'reset', when: 'beforeHeaders' }],
	] satisfies Array<[string, Fault]>)(
		'after %s, fewer requests are in flight',
		async (_, fault) => {
			const [lost, before, after] = [holdRequests(fault), holdRequests(), holdRequests()];
			const phase = { after: false };
			server.faults.push(
				{ when: puts(400), times: 1, fault: lost.fault },
				{ when: () => puts(400)() && !phase.after, fault: before.fault },
				{ when: () => phase.after, fault: after.fault },
			);
			const running = runNode(run(all()));
			while (server.inFlight() < 50) await delay(1);
			phase.after = true;
			const sent = server.requests.length;
			lost.release();
			// The retry shows that the node has seen the loss.
			while (server.requests.length === sent) await delay(1);
			before.release();
			while (server.requests.length < sent + 20) await delay(1);
			// Half of 50.
			expect(server.inFlight()).toBeLessThanOrEqual(30);
			after.release();
			expect((await running).error).toBeUndefined();
		},
	);
});

it('an API that allows 100 requests a second: all updates are applied, and few requests are rejected', async () => {
	const server = await startFakeLinqApi({ requestsPerSecond: 100 });
	const lines = 300;
	try {
		server.lines.splice(0, 5, ...manyLines(lines));
		const { error } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
				forwardingNumber: FORWARD,
			},
			items: server.lines.map(({ id }) => ({ id })),
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		expect(error).toBeUndefined();
		expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(true);
		const rejected = server.requests.length - lines;
		// A smaller share in larger runs: see aimdLimit.test.ts.
		expect(rejected).toBeLessThan(0.25 * server.requests.length);
	} finally {
		await server.close();
	}
}, 30_000);
