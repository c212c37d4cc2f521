import type { ReputationChange } from './reputation';
import { compareReputations } from './reputation';
import { isRecord } from './isRecord';

/** The event that Linq sends when a line's reputation or its service status changes. */
export const STATUS_UPDATED = 'phone_number.status_updated';

/** The version of the event's payload that this package reads. */
export const WEBHOOK_VERSION = '2026-02-03';

/** One change of a line as one row of a table: always these keys, in this order. */
export interface StatusUpdateRow {
	/** E.164. */
	phone_number: string;
	reputation_change: ReputationChange;
	previous_reputation: string | null;
	new_reputation: string | null;
	/** `ACTIVE` or `FLAGGED`. */
	previous_status: string | null;
	new_status: string | null;
	/** ISO 8601. */
	changed_at: string | null;
	event_id: string | null;
}

/**
 * Returns one row for the envelope of a `phone_number.status_updated` event.
 *
 * @returns undefined if it has no phone number
 * @see https://docs.linqapp.com/guides/webhooks/
 */
export function toStatusUpdateRow(envelope: unknown): StatusUpdateRow | undefined {
	if (!isRecord(envelope) || !isRecord(envelope.data)) return undefined;
	const { data } = envelope;
	if (typeof data.phone_number !== 'string') return undefined;
	// `*_health_status` is the deprecated name of the same.
	const previous = text(data.previous_reputation) ?? text(data.previous_health_status);
	const next = text(data.new_reputation) ?? text(data.new_health_status);
	return {
		phone_number: data.phone_number,
		reputation_change: compareReputations(previous, next),
		previous_reputation: previous,
		new_reputation: next,
		previous_status: text(data.previous_status),
		new_status: text(data.new_status),
		changed_at: text(data.changed_at),
		event_id: text(envelope.event_id),
	};
}

/** What an event may say has changed. */
export const CHANGE_KINDS = ['reputation', 'status'] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** Returns the kinds of change in an update. */
export function changeKinds(update: StatusUpdateRow): ChangeKind[] {
	const kinds: ChangeKind[] = [];
	if (update.previous_reputation !== update.new_reputation) kinds.push('reputation');
	if (update.previous_status !== update.new_status) kinds.push('status');
	return kinds;
}

function text(value: unknown): string | null {
	return typeof value === 'string' ? value : null;
}
