/** What is known of a change: one that is only sent may have come, may not, or may come late. */
export type Outcome = 'sent' | 'confirmed' | 'refused';

/** What became of a line by this n8n process. */
export interface LineChange {
	/** By `tick`. */
	at: number;
	/** E.164 or null, as it was sent. */
	forwardingNumber: string | null;
	outcome: Outcome;
}

/** By id in lower case: as many as there are lines. */
const changes = new Map<string, LineChange>();

let ticks = 0;

/** Orders what happens in this process; the time of day may jump. */
export function tick(): number {
	return ++ticks;
}

/** Notes that a change is being sent, or what Linq answered to it. */
export function noteChange(
	lineId: string,
	forwardingNumber: string | null,
	outcome: Outcome,
): void {
	changes.set(lineId.toLowerCase(), { at: tick(), forwardingNumber, outcome });
}

/** The last change of a line, whichever execution sent it. */
export function lastChange(lineId: string): LineChange | undefined {
	return changes.get(lineId.toLowerCase());
}
