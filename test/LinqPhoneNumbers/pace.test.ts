import type { IDataObject } from 'n8n-workflow';
import { Pace } from '../../nodes/LinqPhoneNumbers/pace';
import { runNode, startNode } from '../engine';
import type { Mishap } from '../linqServer/faults';
import { manyLines } from '../linqServer/lines';
import { startLinqServer, type LinqServer } from '../linqServer/server';

const FORWARD = '+12025557777';

describe('The number of requests under way', () => {
	const answer = (pace: Pace, times: number, now = 0) => {
		for (let answers = 0; answers < times; answers++) pace.quicken(now);
	};

	it('begins at 10, and grows to 50 while all goes well', () => {
		const pace = new Pace();
		expect(pace.most).toBe(10);
		answer(pace, 101);
		expect(pace.most).toBe(20);
		answer(pace, 1_000);
		expect(pace.most).toBe(50);
	});

	it('halves once for what was under way together, never below 1', () => {
		const pace = new Pace();
		answer(pace, 1_000);
		pace.slow(100, 200, 0);
		pace.slow(150, 210, 0);
		expect(pace.most).toBe(25);
		pace.slow(205, 220, 0);
		expect(pace.most).toBe(12);
		for (let trouble = 1; trouble < 10; trouble++) pace.slow(1_000 * trouble, 1_000 * trouble, 0);
		expect(pace.most).toBe(1);
	});

	it('are spread after a pause as Linq has borne them before', () => {
		const pace = new Pace();
		expect([pace.next(5_000), pace.next(5_000)]).toEqual([5_000, 5_000]);
		answer(pace, 100);
		// 100 in half a second, then none for a second and a half: one in 20 ms.
		pace.slow(5_400, 5_500, 1_500);
		pace.slow(5_410, 5_500, 1_500);
		expect(pace.isPaused(6_999)).toBe(true);
		expect(pace.isPaused(7_000)).toBe(false);
		expect([pace.next(5_600), pace.next(7_000), pace.next(7_000), pace.next(9_000)]).toEqual([
			7_000, 7_020, 7_040, 9_000,
		]);
		answer(pace, 100);
		expect([pace.next(9_100), pace.next(9_100)]).toEqual([9_100, 9_119]);
	});

	it.each([1, 3, 8, 19])('are not spread by what %i answers tell', (answers) => {
		const pace = new Pace();
		pace.next(5_000);
		answer(pace, answers);
		pace.slow(5_400, 5_500, 60_000);
		pace.slow(5_410, 5_500, 60_000);
		expect([pace.next(65_500), pace.next(65_500)]).toEqual([65_500, 65_500]);
	});

	it('come closer together with time as well, where they are far apart', () => {
		const pace = new Pace();
		pace.next(0);
		answer(pace, 20);
		// 20, then none for a minute: one in three seconds.
		pace.slow(90, 100, 59_900);
		pace.slow(95, 100, 59_900);
		expect([pace.next(60_000), pace.next(60_000)]).toEqual([60_000, 63_000]);
		answer(pace, 1, 69_999);
		expect([pace.next(80_000), pace.next(80_000)]).toEqual([80_000, 83_000]);
		answer(pace, 1, 70_000);
		answer(pace, 1, 79_999);
		expect([pace.next(90_000), pace.next(90_000)]).toEqual([90_000, 92_850]);
	});

	it('are not spread for one refusal, which may be chance; once they are, a little more', () => {
		const pace = new Pace();
		pace.next(5_000);
		answer(pace, 100);
		pace.slow(5_400, 5_500, 1_500);
		expect([pace.next(7_000), pace.next(7_000)]).toEqual([7_000, 7_000]);
		answer(pace, 100);
		pace.slow(7_400, 7_500, 1_500);
		pace.slow(7_400, 7_500, 1_500);
		answer(pace, 100);
		pace.slow(10_000, 10_000, 1_000);
		expect([pace.next(11_000), pace.next(11_000)]).toEqual([11_000, 11_020]);
	});
});

describe('With the ceiling reached', () => {
	let server: LinqServer;
	const run = (items: IDataObject[], options: IDataObject = {}) => ({
		parameters: {
			operation: 'updateForwarding',
			phoneNumber: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
			forwardingNumber: '={{ $json.to }}',
			options,
		} as never,
		items,
		credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
	});
	const all = () => server.lines.map(({ id }) => ({ id, to: FORWARD }));
	const slowly: Mishap = { kind: 'delay', ms: 20 };
	const puts = (count: number) => () =>
		server.requests.filter(({ method }) => method === 'PUT').length > count;

	beforeEach(async () => {
		server = await startLinqServer();
		server.lines.splice(0, 5, ...manyLines(600));
	});
	afterEach(async () => {
		await server.close();
	});

	it('there are 50 at once, and never more', async () => {
		server.faults.push({ mishap: slowly });
		const { error } = await runNode(run(all()));
		expect(error).toBeUndefined();
		expect(server.mostAtOnce()).toBe(50);
		expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(true);
	});

	it('updates of one line keep their order', async () => {
		server.faults.push(
			{ when: puts(450), times: 20, mishap: { kind: 'apiError', code: 3006 } },
			{ mishap: slowly },
		);
		const [line] = server.lines;
		const items = all().flatMap((item, index) => [
			item,
			{ id: line?.id ?? '', to: `+1202556${String(index).padStart(4, '0')}` },
		]);
		const { error } = await runNode(run(items));
		expect(error).toBeUndefined();
		expect(line?.forwarding_number).toBe('+12025560599');
	});

	it('Stop: nothing is sent after the failure, and the account is right', async () => {
		const broken = server.lines[450];
		server.faults.push(
			{ path: broken?.id, mishap: { kind: 'apiError', code: 2005 } },
			{ mishap: slowly },
		);
		const { error } = await runNode(run(all()));
		const sent = server.requests.length;
		const updated = server.lines.filter(
			({ forwarding_number }) => forwarding_number === FORWARD,
		).length;
		expect(error?.context.itemIndex).toBe(450);
		expect(error?.description).toContain(`Updated before: ${updated}, `);
		expect(sent).toBe(updated + 1);
		expect(updated).toBeLessThan(501);
	});

	it('a canceled execution ends within a second, and sends nothing more', async () => {
		server.faults.push(
			{ when: puts(450), mishap: { kind: 'delay', ms: 5_000 } },
			{ mishap: slowly },
		);
		const started = startNode(run(all()));
		while (!puts(480)()) await new Promise((resolve) => setTimeout(resolve, 5));
		const before = performance.now();
		started.cancel();
		const { status } = await started.result;
		expect(performance.now() - before).toBeLessThan(1_000);
		expect(status).toBe('canceled');
		// What was under way may still arrive.
		await new Promise((resolve) => setTimeout(resolve, 200));
		const sent = server.requests.length;
		await new Promise((resolve) => setTimeout(resolve, 300));
		expect(server.requests.length).toBe(sent);
		expect(sent).toBeLessThan(560);
	});

	it.each([
		['429', { kind: 'apiError', code: 1007, retryAfter: 1 }],
		['503', { kind: 'answer', status: 503, body: '{}' }],
		['a reset', { kind: 'reset', when: 'beforeHeaders' }],
	] satisfies Array<[string, Mishap]>)('%s: fewer go on', async (_, mishap) => {
		server.faults.push({ when: puts(450), times: 1, mishap }, { mishap: slowly });
		const { error } = await runNode(run(all()));
		expect(error).toBeUndefined();
		// What is sent together after the trouble, once what was under way has been answered.
		const trouble = server.requests[450]?.at ?? 0;
		const later = server.requests.filter(({ at }) => at > trouble + 150).map(({ at }) => at);
		const first = later[0] ?? 0;
		expect(later.filter((at) => at < first + 15).length).toBeLessThanOrEqual(35);
	});
});

it('an API that answers 100 requests a second: all is done, and less than 5% is refused', async () => {
	const server = await startLinqServer({ perSecond: 100 });
	const lines = 500;
	try {
		server.lines.splice(0, 5, ...manyLines(lines));
		const { error } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				phoneNumber: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
				forwardingNumber: FORWARD,
			},
			items: server.lines.map(({ id }) => ({ id })),
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		expect(error).toBeUndefined();
		expect(server.lines.every(({ forwarding_number }) => forwarding_number === FORWARD)).toBe(true);
		const refused = server.requests.length - lines;
		expect(refused).toBeLessThan(0.05 * server.requests.length);
	} finally {
		await server.close();
	}
}, 30_000);
