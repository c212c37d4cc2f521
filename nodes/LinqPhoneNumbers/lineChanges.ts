/** What became of a line by this n8n process. */
export interface LineChange {
	/** By `tick`. */
	at: number;
	/** E.164 or null, as it was sent. */
	forwardingNumber: string | null;
	/** Whether Linq confirmed it; else it may have come, may not, or may come late. */
	confirmed: boolean;
}

/** By id in lower case: as many as there are lines. */
const changes = new Map<string, LineChange>();

let ticks = 0;

/** Orders what happens in this process; the time of day may jump. */
export function tick(): number {
	return ++ticks;
}

/** Notes that a change is being sent, or that it was confirmed. */
export function noteChange(
	lineId: string,
	forwardingNumber: string | null,
	confirmed: boolean,
): void {
	changes.set(lineId.toLowerCase(), { at: tick(), forwardingNumber, confirmed });
}

/** The last change of a line, whichever execution sent it. */
export function lastChange(lineId: string): LineChange | undefined {
	return changes.get(lineId.toLowerCase());
}
