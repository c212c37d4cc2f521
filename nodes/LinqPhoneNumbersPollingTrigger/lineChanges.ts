import type { LineRef } from '../shared/linq/lineRef';
import type { PhoneNumber } from '../shared/linq/phoneNumber';
import { getForwardingNumber, getReputation } from '../shared/linq/phoneNumber';
import type { ReputationChange } from '../shared/linq/reputation';
import { compareReputations } from '../shared/linq/reputation';

/** The changes that a comparison of two lists can find, in the order in which a line's are returned. */
export const LINE_EVENTS = ['reputation', 'forwarding', 'added', 'removed'] as const;
export type LineEvent = (typeof LINE_EVENTS)[number];

/** What the trigger compares of a line. */
export interface LineState {
	id: string;
	/** E.164. */
	phoneNumber: string;
	/** As Linq listed it last; null if it never did. */
	reputation: string | null;
	/** E.164; null if calls are not forwarded. */
	forwardingNumber: string | null;
}

/** A line as the last poll left it. */
export interface KnownLine extends LineState {
	/** Whether the last poll did not list it: a line is removed only if two polls in a row do not. */
	isMissing: boolean;
	/** Whether the last poll watched it. */
	isWatched: boolean;
}

/** One change of a line as one row of a table: always these keys, in this order. */
export interface LineChange {
	event: LineEvent;
	/** UUID. */
	id: string;
	/** E.164. */
	phone_number: string;
	reputation_change: ReputationChange;
	previous_reputation: string | null;
	new_reputation: string | null;
	previous_forwarding_number: string | null;
	new_forwarding_number: string | null;
	/** ISO 8601; the same in all changes of a poll. */
	detected_at: string;
}

/** What every change of a poll has in common. */
export interface Poll {
	isWatched: (line: LineState) => boolean;
	/** ISO 8601. */
	detectedAt: string;
}

/** Returns the state to save for a list that there is nothing to compare with, each ID once. */
export function toKnownLines(lines: PhoneNumber[], { isWatched }: Poll): KnownLine[] {
	const states = new Map(lines.map((line) => [line.id, toLineState(line)]));
	return [...states.values()].map((line) => ({
		...line,
		isMissing: false,
		isWatched: isWatched(line),
	}));
}

/** Returns true if the lines are another account's: both lists have lines, and none in common. */
export function isOtherAccount(known: KnownLine[], lines: PhoneNumber[]): boolean {
	const ids = new Set(known.map(({ id }) => id));
	return known.length > 0 && lines.length > 0 && !lines.some(({ id }) => ids.has(id));
}

/**
 * Compares a list of lines with the state of the last poll.
 *
 * @returns the state to save, and the changes of watched lines: in Linq's order, removed lines last
 */
export function compareLines(
	known: KnownLine[],
	lines: PhoneNumber[],
	poll: Poll,
): { known: KnownLine[]; changes: LineChange[] } {
	const before = new Map(known.map((line) => [line.id, line]));
	const changes: LineChange[] = [];
	const next = toKnownLines(lines, poll).map((listed): KnownLine => {
		const previous = before.get(listed.id);
		before.delete(listed.id);
		// A missing reputation is no change.
		const line = { ...listed, reputation: listed.reputation ?? previous?.reputation ?? null };
		if (!line.isWatched) return line;
		if (!previous) {
			changes.push(toLineChange('added', line, { next: line }, poll));
		} else if (previous.isWatched) {
			if (line.reputation !== previous.reputation) {
				changes.push(toLineChange('reputation', line, { previous, next: line }, poll));
			}
			if (line.forwardingNumber !== previous.forwardingNumber) {
				changes.push(toLineChange('forwarding', line, { previous, next: line }, poll));
			}
		}
		return line;
	});
	for (const line of before.values()) {
		if (!line.isMissing) next.push({ ...line, isMissing: true });
		else if (line.isWatched && poll.isWatched(line)) {
			changes.push(toLineChange('removed', line, { previous: line }, poll));
		}
	}
	return { known: next, changes };
}

/**
 * Returns a line as it is, in the shape of a change from nothing (with Line Removed: to nothing).
 *
 * @param events the first of them is the row's event, Line Removed only if there is no other
 */
export function toCurrentState(line: KnownLine, events: LineEvent[], poll: Poll): LineChange {
	const event = LINE_EVENTS.find((one) => events.includes(one)) ?? 'reputation';
	const state = event === 'removed' ? { previous: line } : { next: line };
	return toLineChange(event, line, state, poll);
}

/** Returns a function that returns true for a watched line; without refs, every line is watched. */
export function watch(refs: LineRef[]): (line: Pick<LineState, 'id' | 'phoneNumber'>) => boolean {
	const ids = new Set<string>();
	const numbers = new Set<string>();
	for (const ref of refs) {
		if (ref.kind === 'id') ids.add(ref.id.toLowerCase());
		else numbers.add(ref.number);
	}
	return ({ id, phoneNumber }) =>
		refs.length === 0 || ids.has(id.toLowerCase()) || numbers.has(phoneNumber);
}

function toLineState(line: PhoneNumber): LineState {
	return {
		id: line.id,
		phoneNumber: line.phone_number,
		reputation: getReputation(line)?.status ?? null,
		forwardingNumber: getForwardingNumber(line),
	};
}

function toLineChange(
	event: LineEvent,
	{ id, phoneNumber }: LineState,
	{ previous, next }: { previous?: LineState; next?: LineState },
	{ detectedAt }: Poll,
): LineChange {
	const [from, to] = [previous?.reputation ?? null, next?.reputation ?? null];
	return {
		event,
		id,
		phone_number: phoneNumber,
		reputation_change: compareReputations(from, to),
		previous_reputation: from,
		new_reputation: to,
		previous_forwarding_number: previous?.forwardingNumber ?? null,
		new_forwarding_number: next?.forwardingNumber ?? null,
		detected_at: detectedAt,
	};
}
