import { setImmediate as tick } from 'node:timers/promises';
import { Permits } from '../../nodes/shared/concurrency/permits';

describe('Permits', () => {
	const run = () => new AbortController();

	it('are handed out in order, as many as the limit allows then', async () => {
		let limit = 2;
		const permits = new Permits(() => limit);
		const { signal } = run();
		const got: number[] = [];
		const all = [0, 1, 2, 3, 4].map(async (index) => {
			expect(await permits.acquire(signal)).toBe(true);
			got.push(index);
		});
		await tick();
		expect(got).toEqual([0, 1]);
		expect(permits.isContended).toBe(true);
		limit = 1;
		permits.release();
		await tick();
		expect(got).toEqual([0, 1]);
		limit = 3;
		permits.release();
		await Promise.all(all.slice(0, 4).concat(tick()));
		expect(got).toEqual([0, 1, 2, 3, 4]);
		for (let index = 0; index < 3; index++) permits.release();
		await Promise.all(all);
		expect(permits.isIdle).toBe(true);
	});

	it('are handed out to runs round-robin', async () => {
		const permits = new Permits(() => 1);
		const [large, small] = [run().signal, run().signal];
		const got: string[] = [];
		await permits.acquire(large);
		const waiting = ['large', 'large', 'small', 'large'].map(async (name) => {
			await permits.acquire(name === 'large' ? large : small);
			got.push(name);
			permits.release();
		});
		permits.release();
		await Promise.all(waiting);
		expect(got).toEqual(['large', 'small', 'large', 'large']);
		expect(permits.isIdle).toBe(true);
	});

	it('are no longer waited for by an aborted run, and none is lost', async () => {
		const permits = new Permits(() => 1);
		const [stopped, other] = [run(), run()];
		await permits.acquire(other.signal);
		const left = [permits.acquire(stopped.signal), permits.acquire(stopped.signal)];
		const next = permits.acquire(other.signal);
		stopped.abort();
		expect(await Promise.all(left)).toEqual([false, false]);
		expect(await permits.acquire(stopped.signal)).toBe(false);
		permits.release();
		expect(await next).toBe(true);
		permits.release();
		expect(permits.isIdle).toBe(true);
	});
});
