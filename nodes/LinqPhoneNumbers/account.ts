/** How far a run of updates came, told where it stops. */
export class Account {
	private readonly sent = new Set<number>();
	private readonly confirmed = new Set<number>();

	/** @param item its index, from 0 as n8n counts */
	noteSent(item: number): void {
		this.sent.add(item);
	}

	noteConfirmed(item: number): void {
		this.confirmed.add(item);
	}

	/** Whole sentences about the other items, when the run stops at one. */
	stoppedAt(item: number): string {
		const updated = [...this.confirmed];
		const unsure = [...this.sent].filter((other) => other !== item && !this.confirmed.has(other));
		return [
			`The run stopped at [item ${item}], nothing more is sent.`,
			updated.length === 0
				? 'No line was updated before.'
				: `Updated before: ${updated.length}, ${inWords(updated)}.`,
			unsure.length > 0 && `Sent without a confirmation: ${inWords(unsure)}.`,
		]
			.filter(Boolean)
			.join(' ');
	}
}

/** E.g. `[items 0 to 4, 7]`, counted from 0 as n8n does. */
function inWords(items: number[]): string {
	const ranges: Array<[from: number, to: number]> = [];
	for (const item of items.sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last && item === last[1] + 1) last[1] = item;
		else ranges.push([item, item]);
	}
	const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
	return `[${items.length === 1 ? 'item' : 'items'} ${words.join(', ')}]`;
}
