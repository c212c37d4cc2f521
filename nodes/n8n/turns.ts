/** The last work begun for a key, and all before it; it never rejects. */
const lastOfKey = new Map<string, Promise<unknown>>();

/**
 * Does work for a key after all that was asked for the same key before, anywhere in this n8n process.
 *
 * @param ended settles when the wait is over because the asker has ended: then the work is to refuse by itself
 */
export async function inTurn<T>(
	key: string,
	work: () => Promise<T>,
	ended?: Promise<void>,
): Promise<T> {
	const earlier = lastOfKey.get(key);
	const turn = ended ? Promise.race([earlier, ended]) : earlier;
	const done = earlier ? Promise.resolve(turn).then(work) : work();
	const last = Promise.allSettled([earlier, done]).then(() => {
		if (lastOfKey.get(key) === last) lastOfKey.delete(key);
	});
	lastOfKey.set(key, last);
	return await done;
}
