/** Hands out permits, as many at once as a limit allows at that moment. */
export class Permits {
	private taken = 0;
	/** By run, who waits: runs take turns, so that a small one does not wait for all of a large one. */
	private readonly waiting = new Map<AbortSignal, Set<() => void>>();

	/** @param limit how many may be taken now */
	constructor(private readonly limit: () => number) {}

	get isIdle(): boolean {
		return this.taken === 0 && !this.isContended;
	}

	/** Whether somebody waits for a permit. */
	get isContended(): boolean {
		return this.waiting.size > 0;
	}

	/**
	 * Waits for a permit.
	 *
	 * @param run aborted when the run sends nothing more
	 * @returns false if that happens first: then there is no permit to release
	 */
	async acquire(run: AbortSignal): Promise<boolean> {
		if (run.aborted) return false;
		return await new Promise((resolve) => {
			const queue = this.waiting.get(run) ?? new Set();
			const leave = () => {
				queue.delete(grant);
				if (queue.size === 0) this.waiting.delete(run);
				resolve(false);
			};
			const grant = () => {
				run.removeEventListener('abort', leave);
				resolve(true);
			};
			run.addEventListener('abort', leave, { once: true });
			this.waiting.set(run, queue.add(grant));
			this.handOut();
		});
	}

	release(): void {
		this.taken--;
		this.handOut();
	}

	private handOut(): void {
		for (const [run, queue] of this.waiting) {
			if (this.taken >= this.limit()) return;
			const [grant] = queue;
			// To the end of the line of runs, which this loop follows.
			this.waiting.delete(run);
			if (!grant) continue;
			queue.delete(grant);
			if (queue.size > 0) this.waiting.set(run, queue);
			this.taken++;
			grant();
		}
	}
}
