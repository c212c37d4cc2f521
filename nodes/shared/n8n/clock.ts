import { sleep } from 'n8n-workflow';

/** How long a wait may take to notice that it was aborted: n8n's own sleep ignores signals before 2.34. */
const STEP_MS = 100;

/** The clock for all that the nodes wait for, so that a test can replace it. */
export const clock = {
	/** Milliseconds since the process began; the time of day may jump. */
	now: (): number => performance.now(),

	/** Waits until the time is over or the signal is aborted. */
	async sleep(ms: number, signal?: AbortSignal): Promise<void> {
		const end = performance.now() + ms;
		for (let left = ms; left > 0 && !signal?.aborted; left = end - performance.now()) {
			await sleep(Math.min(left, STEP_MS));
		}
	},
};
