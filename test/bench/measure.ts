import Table from 'cli-table3';

/** What is compared, by name. */
export type Candidates = Record<string, () => Promise<unknown>>;

/**
 * Returns the median time of each candidate in milliseconds. They take turns, so that each has the same conditions. The
 * garbage collector is not forced: that would discard compiled code as well.
 */
export async function measure(
	candidates: Candidates,
	rounds: number,
): Promise<Map<string, number>> {
	const times = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]));
	for (let round = -1; round < rounds; round++) {
		for (const [name, candidate] of Object.entries(candidates)) {
			const start = performance.now();
			await candidate();
			// The first round warms up.
			if (round >= 0) times.get(name)?.push(performance.now() - start);
		}
	}
	return new Map(
		[...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1] ?? NaN]),
	);
}

/** Prints times, and their ratio to one of them. */
export function printRatios(title: string, medians: Map<string, number>, base: string): void {
	const unit = medians.get(base) ?? NaN;
	print(
		[title, 'ms', `of ${base}`],
		[...medians].map(([name, ms]) => [name, ms.toFixed(1), (ms / unit).toFixed(2)]),
	);
}

/** Prints a table. */
export function print(head: string[], rows: string[][]): void {
	const table = new Table({ head, style: { head: [], border: [] } });
	table.push(...rows);
	console.log(table.toString());
}
