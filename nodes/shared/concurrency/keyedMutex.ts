/** Runs the tasks of each key one after the other; those of different keys do not wait for each other. */
export class KeyedMutex {
	/** By key: resolves when the last task and all before it have ended; never rejects. */
	private readonly tails = new Map<string, Promise<unknown>>();

	/** Whether no task is running or waiting. */
	get isIdle(): boolean {
		return this.tails.size === 0;
	}

	/**
	 * Runs a task after all earlier tasks of its key.
	 *
	 * @param aborted if it resolves first, the task runs at once: it must check for that itself
	 * @returns what the task returns
	 */
	async runExclusive<T>(
		key: string,
		task: () => Promise<T>,
		aborted?: Promise<unknown>,
	): Promise<T> {
		const earlier = this.tails.get(key);
		const turn = aborted ? Promise.race([earlier, aborted]) : earlier;
		const result = earlier ? Promise.resolve(turn).then(task) : task();
		const tail = Promise.allSettled([earlier, result]).then(() => {
			if (this.tails.get(key) === tail) this.tails.delete(key);
		});
		this.tails.set(key, tail);
		return await result;
	}
}
