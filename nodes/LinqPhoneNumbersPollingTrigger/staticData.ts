import type { IDataObject } from 'n8n-workflow';
import type { KnownLine, LineEvent } from './lineChanges';
import { LINE_EVENTS } from './lineChanges';

/** The state that a poll saves for the next one. */
export interface PollState {
	/** The events that were selected at that poll. */
	events: LineEvent[];
	/** All lines, also those that are not watched. */
	lines: KnownLine[];
}

/** A line as n8n saves it: short, because n8n's workflow-static-data.service.ts always writes a workflow's data whole. */
type SavedLine = [
	id: string,
	phoneNumber: string,
	reputation: string | null,
	forwardingNumber: string | null,
	/** Absent if it would be 0. */
	marks?: number,
];

const MISSING = 1;
const UNWATCHED = 2;

/** Returns the state of the last poll; `none` if there was no poll, `unreadable` if something else has changed it. */
export function readState(staticData: IDataObject): PollState | 'none' | 'unreadable' {
	const { events, lines } = staticData;
	if (events === undefined && lines === undefined) return 'none';
	if (!Array.isArray(events) || !Array.isArray(lines)) return 'unreadable';
	const saved: unknown[] = lines;
	if (!saved.every(isSavedLine)) return 'unreadable';
	const names: unknown[] = events;
	return {
		events: LINE_EVENTS.filter((event) => names.includes(event)),
		lines: saved.map(fromSavedLine),
	};
}

/** Writes the state, unless it is the same: n8n saves after any assignment (n8n-workflow's observable-object.ts). */
export function writeState(staticData: IDataObject, { events, lines }: PollState): void {
	const state = { events, lines: lines.map(toSavedLine) };
	const { events: oldEvents, lines: oldLines } = staticData;
	if (JSON.stringify({ events: oldEvents, lines: oldLines }) === JSON.stringify(state)) return;
	Object.assign(staticData, state);
}

function toSavedLine(line: KnownLine): SavedLine {
	const marks = (line.isMissing ? MISSING : 0) + (line.isWatched ? 0 : UNWATCHED);
	const { id, phoneNumber, reputation, forwardingNumber } = line;
	const fields = [id, phoneNumber, reputation, forwardingNumber] as const;
	return marks === 0 ? [...fields] : [...fields, marks];
}

function fromSavedLine([
	id,
	phoneNumber,
	reputation,
	forwardingNumber,
	marks = 0,
]: SavedLine): KnownLine {
	return {
		id,
		phoneNumber,
		reputation,
		forwardingNumber,
		isMissing: (marks & MISSING) !== 0,
		isWatched: (marks & UNWATCHED) === 0,
	};
}

function isSavedLine(value: unknown): value is SavedLine {
	if (!Array.isArray(value) || value.length < 4 || value.length > 5) return false;
	const fields: unknown[] = value;
	const [id, phoneNumber, reputation, forwardingNumber, marks] = fields;
	return (
		typeof id === 'string' &&
		typeof phoneNumber === 'string' &&
		isTextOrNull(reputation) &&
		isTextOrNull(forwardingNumber) &&
		(marks === undefined || typeof marks === 'number')
	);
}

function isTextOrNull(value: unknown): boolean {
	return value === null || typeof value === 'string';
}
