import { LinqError } from './linqError';
import { isRecord } from './isRecord';

export const SUBSCRIPTIONS_URL = '/v3/webhook-subscriptions';

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
	/** ISO 8601. */
	created_at: string;
}

/**
 * Parses the response to `GET /v3/webhook-subscriptions`.
 *
 * @throws LinqError if it is no list of subscriptions
 */
export function parseSubscriptionList(body: unknown): WebhookSubscription[] {
	const list = isRecord(body) ? body.subscriptions : undefined;
	if (!Array.isArray(list)) {
		throw new LinqError('Linq answered without a list of webhook subscriptions', {
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
		created_at: String(entry.created_at),
	}));
}

/**
 * Parses the response to `POST /v3/webhook-subscriptions`.
 *
 * @returns the subscription's id, and its secret, which Linq shows this once only
 * @throws LinqError if either is missing
 */
export function parseCreatedSubscription(body: unknown): { id: string; signingSecret: string } {
	const { id, signing_secret: signingSecret } = isRecord(body) ? body : {};
	if (typeof id === 'string' && typeof signingSecret === 'string' && signingSecret !== '') {
		return { id, signingSecret };
	}
	throw new LinqError('Linq created a webhook subscription without telling its signing secret', {
		description:
			'Without the secret no event could be trusted. Activate the workflow again; if it stays so, report it to Linq.',
		source: 'linq',
	});
}
