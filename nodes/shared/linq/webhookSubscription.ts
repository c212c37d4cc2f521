import { LinqError } from './linqError';
import { isRecord } from './isRecord';

export const SUBSCRIPTIONS_URL = '/v3/webhook-subscriptions';

/** Longer than Linq retries a delivery: about 25 minutes. */
export const RETRIES_LAST_MS = 30 * 60_000;

/**
 * A subscription as the API lists it.
 * @see https://docs.linqapp.com/guides/webhooks/
 */
export interface WebhookSubscription {
	id: string;
	target_url: string;
	subscribed_events: unknown[];
	/** Absent, null or empty: all lines. */
	phone_numbers: unknown[];
	/** Linq switches a subscription off whose deliveries keep failing. */
	is_active: boolean;
	/** How long ago it was created, in milliseconds; NaN if Linq does not say. */
	ageMs: number;
}

/** The desired state of a subscription. */
export interface SubscriptionFields {
	target_url: string;
	subscribed_events: string[];
	/** E.164; empty: all lines. */
	phone_numbers: string[];
}

/** The response to a creation, the only one with the secret. */
export interface CreatedSubscription {
	id: string;
	/** `whsec_` and the key in base64. */
	signingSecret: string;
}

/**
 * Parses the response to `GET /v3/webhook-subscriptions`.
 *
 * @param now when Linq sent it, in milliseconds since 1970
 * @throws LinqError if it is no list of subscriptions
 */
export function parseSubscriptionList(body: unknown, now: number): WebhookSubscription[] {
	const list = isRecord(body) ? body.subscriptions : undefined;
	if (!Array.isArray(list)) {
		throw new LinqError('Linq returned no list of webhook subscriptions', {
			description: 'Check the base URL in the Linq API credential.',
			source: 'credential',
		});
	}
	return list.filter(isRecord).map((entry) => ({
		id: String(entry.id),
		target_url: String(entry.target_url),
		subscribed_events: Array.isArray(entry.subscribed_events) ? entry.subscribed_events : [],
		phone_numbers: Array.isArray(entry.phone_numbers) ? entry.phone_numbers : [],
		is_active: entry.is_active === true,
		ageMs: now - Date.parse(String(entry.created_at)),
	}));
}

/**
 * Parses the response to `POST /v3/webhook-subscriptions`.
 *
 * @returns the subscription's id, and its secret, which Linq shows only once
 * @throws LinqError if either is missing
 */
export function parseCreatedSubscription(body: unknown): CreatedSubscription {
	const { id, signing_secret: signingSecret } = isRecord(body) ? body : {};
	if (typeof id === 'string' && typeof signingSecret === 'string' && signingSecret !== '') {
		return { id, signingSecret };
	}
	throw new LinqError('Linq created a webhook subscription but returned no signing secret', {
		description:
			'Without the secret no event could be trusted. Publish the workflow again; if this keeps happening, report it to Linq.',
		source: 'linq',
	});
}

/** Returns true if a subscription is active and has these fields. */
export function isUpToDate(subscription: WebhookSubscription, fields: SubscriptionFields): boolean {
	return (
		subscription.is_active &&
		hasSameMembers(subscription.subscribed_events, fields.subscribed_events) &&
		hasSameMembers(subscription.phone_numbers, fields.phone_numbers)
	);
}

function hasSameMembers(some: unknown[], others: unknown[]): boolean {
	const set = new Set(some);
	return set.size === new Set(others).size && others.every((member) => set.has(member));
}
