/** What became of a line by this n8n process. */
export interface LineChange {
	/** By `tick`. */
	at: number;
	/** E.164 or null, as Linq confirmed it; absent where a change was sent that Linq did not confirm. */
	forwardingNumber?: string | null;
}

/** By id in lower case: as many as there are lines. */
const changes = new Map<string, LineChange>();

let ticks = 0;

/** Orders what happens in this process; the time of day may jump. */
export function tick(): number {
	return ++ticks;
}

/** Notes that a change is being sent, or as what it was confirmed. */
export function noteChange(lineId: string, forwardingNumber?: string | null): void {
	changes.set(lineId.toLowerCase(), { at: tick(), forwardingNumber });
}

/** What became of a line since a moment, by `tick`; whichever execution did it. */
export function changeSince(lineId: string, at: number): LineChange | undefined {
	const change = changes.get(lineId.toLowerCase());
	return change && change.at > at ? change : undefined;
}
