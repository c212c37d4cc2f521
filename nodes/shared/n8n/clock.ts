import { sleep } from 'n8n-workflow';

/** How long a wait may take to notice that it was aborted: n8n's own sleep heeds no signal before 2.34. */
const STEP_MS = 100;

/** The only clock of what the nodes wait for, so that a test can put a faster one in its place. */
export const clock = {
	/** Milliseconds since the process began; the time of day may jump. */
	now: (): number => performance.now(),

	/** Waits, but no longer than until the signal is aborted. */
	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		const end = performance.now() + ms;
		for (let left = ms; left > 0 && !signal?.aborted; left = end - performance.now()) {
			await sleep(Math.min(left, STEP_MS));
		}
	},
};
