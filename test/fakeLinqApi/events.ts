import { randomUUID } from 'node:crypto';
import type { Envelope } from './webhookDelivery';

/** A line's values before and after a change. */
export interface Change {
	phone_number: string;
	reputation?: [previous: string, next: string];
	status?: [previous: string, next: string];
}

/** Returns a `phone_number.status_updated` event as the current API sends it. */
export function statusUpdated({
	phone_number,
	reputation: [previous_reputation, new_reputation] = ['HEALTHY', 'HEALTHY'],
	status: [previous_status, new_status] = ['ACTIVE', 'ACTIVE'],
}: Change) {
	const now = new Date().toISOString();
	return {
		api_version: 'v3',
		webhook_version: '2026-02-03',
		event_type: 'phone_number.status_updated',
		event_id: randomUUID(),
		created_at: now,
		trace_id: randomUUID().replaceAll('-', ''),
		partner_id: 'local-partner',
		data: {
			phone_number,
			previous_status,
			new_status,
			previous_reputation,
			new_reputation,
			previous_health_status: previous_reputation,
			new_health_status: new_reputation,
			changed_at: now,
		},
	} satisfies Envelope;
}
