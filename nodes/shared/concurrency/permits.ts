type Queue = Array<(granted: boolean) => void>;

/** Hands out permits, as many at once as a limit allows at that moment. */
export class Permits {
	private taken = 0;
	/** The waiters of each run. */
	private readonly queues = new WeakMap<AbortSignal, Queue>();
	/** The runs with waiters, served round-robin, so that a small one does not wait for all of a large one. */
	private readonly runs = new Set<AbortSignal>();

	/** @param limit returns how many may be taken now */
	constructor(private readonly limit: () => number) {}

	get isIdle(): boolean {
		return this.taken === 0 && !this.isContended;
	}

	/** Whether a permit is waited for. */
	get isContended(): boolean {
		return this.runs.size > 0;
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
			this.queueOf(run).push(resolve);
			this.runs.add(run);
			this.handOut();
		});
	}

	release(): void {
		this.taken--;
		this.handOut();
	}

	private queueOf(run: AbortSignal): Queue {
		const known = this.queues.get(run);
		if (known) return known;
		const queue: Queue = [];
		this.queues.set(run, queue);
		// One listener per run: a signal looks through all its listeners to add one.
		const leave = () => {
			this.runs.delete(run);
			for (const resolve of queue.splice(0)) resolve(false);
		};
		run.addEventListener('abort', leave, { once: true });
		return queue;
	}

	private handOut(): void {
		for (const run of this.runs) {
			if (this.taken >= this.limit()) return;
			const queue = this.queueOf(run);
			const grant = queue.shift();
			// Moves the run to the end of the set, which this loop still reaches.
			this.runs.delete(run);
			if (queue.length > 0) this.runs.add(run);
			if (!grant) continue;
			this.taken++;
			grant(true);
		}
	}
}
