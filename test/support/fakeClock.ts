import { clock } from '../../nodes/shared/n8n/clock';

/** What a fake clock has recorded. */
export interface FakeClock {
	/** The waits that the nodes asked for, in milliseconds. */
	waits: number[];
	/** Advances the time, in addition to the nodes' waits. */
	advance: (ms: number) => void;
	/** How much time has passed since the test began, in milliseconds. */
	elapsed: () => number;
}

/**
 * Makes the nodes' waits end at once, in the order of their ends, for the tests of one `describe`. Requests take their
 * real time.
 */
export function useFakeClock(): FakeClock {
	const fake: FakeClock = {
		waits: [],
		advance: (ms) => {
			now += ms;
		},
		elapsed: () => now - start,
	};
	let start: number;
	let now: number;
	let sleepers: Array<{ end: number; wake: () => void }> = [];

	const wakeNext = () => {
		const next = sleepers.reduce((first, one) => (one.end < first.end ? one : first));
		sleepers = sleepers.filter((one) => one !== next);
		now = Math.max(now, next.end);
		next.wake();
	};

	beforeEach(() => {
		start = now = performance.now();
		fake.waits.length = 0;
		jest.spyOn(clock, 'now').mockImplementation(() => now);
		jest.spyOn(clock, 'sleep').mockImplementation(async (ms) => {
			fake.waits.push(ms);
			await new Promise<void>((resolve) => {
				sleepers.push({ end: now + ms, wake: resolve });
				setImmediate(wakeNext);
			});
		});
	});
	afterEach(() => {
		jest.restoreAllMocks();
	});
	return fake;
}
