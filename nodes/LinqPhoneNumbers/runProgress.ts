/** Tracks which items were sent and confirmed, for the report of a run that stops. */
export class RunProgress {
	private readonly sent = new Set<number>();
	private readonly confirmed = new Set<number>();

	/** @param item its index, from 0 as n8n counts */
	markSent(item: number): void {
		this.sent.add(item);
	}

	markConfirmed(item: number): void {
		this.confirmed.add(item);
	}

	/** Linq has surely not applied the item's update. */
	markRejected(item: number): void {
		this.sent.delete(item);
	}

	/** Returns whole sentences about the other items, if the run stops at one. */
	summary(item: number): string {
		const updated = [...this.confirmed];
		const unconfirmed = [...this.sent].filter(
			(other) => other !== item && !this.confirmed.has(other),
		);
		return [
			`Stopped at [item ${item}]; no further requests were sent.`,
			updated.length === 0
				? 'No lines were updated.'
				: `Updated: ${updated.length}, ${formatRanges(updated)}.`,
			unconfirmed.length > 0 && `Sent without confirmation: ${formatRanges(unconfirmed)}.`,
		]
			.filter(Boolean)
			.join(' ');
	}
}

/** Returns e.g. `[items 0 to 4, 7]`, counted from 0 as n8n does. */
function formatRanges(items: number[]): string {
	const ranges: Array<[from: number, to: number]> = [];
	for (const item of items.sort((a, b) => a - b)) {
		const last = ranges.at(-1);
		if (last && item === last[1] + 1) last[1] = item;
		else ranges.push([item, item]);
	}
	const words = ranges.map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`));
	return `[${items.length === 1 ? 'item' : 'items'} ${words.join(', ')}]`;
}
