import { setImmediate as tick } from 'node:timers/promises';
import { KeyedMutex } from '../../nodes/shared/concurrency/keyedMutex';

/** Returns a task that logs when it begins and ends, and a function that ends it. */
function task(log: string[], name: string) {
	let end: (error?: Error) => void = () => undefined;
	const ended = new Promise<void>((resolve, reject) => {
		end = (error) => {
			if (error) reject(error);
			else resolve();
		};
	});
	const run = async () => {
		log.push(`${name} begins`);
		await ended;
		log.push(`${name} ends`);
		return name;
	};
	return {
		run,
		end: (error?: Error) => {
			end(error);
		},
	};
}

describe('Tasks with the same key', () => {
	let mutex: KeyedMutex;
	beforeEach(() => {
		mutex = new KeyedMutex();
	});
	afterEach(() => {
		expect(mutex.isIdle).toBe(true);
	});

	it('run one after the other, in order, and their results are returned', async () => {
		const log: string[] = [];
		const tasks = [task(log, 'A'), task(log, 'B'), task(log, 'C')];
		const results = tasks.map(async ({ run }) => await mutex.runExclusive('key', run));
		// Ended in reverse order.
		for (const { end } of [...tasks].reverse()) end();
		expect(await Promise.all(results)).toEqual(['A', 'B', 'C']);
		expect(log).toEqual(['A begins', 'A ends', 'B begins', 'B ends', 'C begins', 'C ends']);
	});

	it('do not wait for tasks with another key', async () => {
		const log: string[] = [];
		const [slow, fast] = [task(log, 'slow'), task(log, 'fast')];
		const first = mutex.runExclusive('one', slow.run);
		fast.end();
		await mutex.runExclusive('two', fast.run);
		slow.end();
		await first;
		expect(log).toEqual(['slow begins', 'fast begins', 'fast ends', 'slow ends']);
	});

	it('run after one that failed', async () => {
		const log: string[] = [];
		const [failing, next] = [task(log, 'failing'), task(log, 'next')];
		const failure = mutex.runExclusive('key', failing.run).catch((error: unknown) => String(error));
		const result = mutex.runExclusive('key', next.run);
		failing.end(new Error('no'));
		next.end();
		expect(await failure).toBe('Error: no');
		expect(await result).toBe('next');
	});

	it('run at once if aborted, and later ones stay in order', async () => {
		const log: string[] = [];
		const [first, second, third] = [task(log, 'first'), task(log, 'second'), task(log, 'third')];
		const all = [
			mutex.runExclusive('key', first.run),
			mutex.runExclusive('key', second.run, Promise.resolve()),
			mutex.runExclusive('key', third.run),
		];
		await tick();
		expect(log).toEqual(['first begins', 'second begins']);
		second.end();
		await tick();
		expect(log).not.toContain('third begins');
		first.end();
		third.end();
		await Promise.all(all);
		expect(log.slice(-2)).toEqual(['third begins', 'third ends']);
	});
});
