/** The last work begun for a line, and all before it; it never rejects. */
const lastOfLine = new Map<string, Promise<unknown>>();

/**
 * Does the work for a line after all that was asked for the same line before, in this and any other execution of
 * this n8n process: else a change that is tried again could undo a newer one.
 *
 * @param ended settles when the wait is over because the run has ended: then the work is to refuse by itself
 */
export async function inLineOrder<T>(
	lineId: string,
	ended: Promise<void>,
	work: () => Promise<T>,
): Promise<T> {
	const line = lineId.toLowerCase();
	const earlier = lastOfLine.get(line);
	const done = earlier ? Promise.race([earlier, ended]).then(work) : work();
	const last = Promise.allSettled([earlier, done]).then(() => {
		if (lastOfLine.get(line) === last) lastOfLine.delete(line);
	});
	lastOfLine.set(line, last);
	return await done;
}
