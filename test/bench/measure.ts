import Table from 'cli-table3';

export type Ways = Record<string, () => Promise<unknown>>;

/**
 * Medians in milliseconds, the ways taken in turn so that each meets the same machine. Nothing forces the garbage
 * collector: that would throw compiled code away as well, and no n8n that is running does it.
 */
export async function measure(ways: Ways, rounds: number): Promise<Map<string, number>> {
	const times = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
	for (let round = -1; round < rounds; round++) {
		for (const [name, way] of Object.entries(ways)) {
			const start = performance.now();
			await way();
			// The first round warms up.
			if (round >= 0) times.get(name)?.push(performance.now() - start);
		}
	}
	return new Map(
		[...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[all.length >> 1] ?? NaN]),
	);
}

/** Prints times, and how they stand to one of them. */
export function printRatios(title: string, medians: Map<string, number>, base: string): void {
	const unit = medians.get(base) ?? NaN;
	print(
		[title, 'ms', `of ${base}`],
		[...medians].map(([name, ms]) => [name, ms.toFixed(1), (ms / unit).toFixed(2)]),
	);
}

export function print(head: string[], rows: string[][]): void {
	const table = new Table({ head, style: { head: [], border: [] } });
	table.push(...rows);
	console.log(table.toString());
}
