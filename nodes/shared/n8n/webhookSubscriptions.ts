import { LinqError } from '../linq/linqError';
import type {
	CreatedSubscription,
	SubscriptionFields,
	WebhookSubscription,
} from '../linq/webhookSubscription';
import {
	parseCreatedSubscription,
	parseSubscriptionList,
	SUBSCRIPTIONS_URL,
} from '../linq/webhookSubscription';
import type { RequestContext } from './apiRequest';
import { requestOutsideRun } from './requestOutsideRun';

/*
 * The requests for webhook subscriptions. The `action` is what is being done, to begin an error's message with.
 * @see https://docs.linqapp.com/guides/webhooks/
 */

const MAX_RETRIES = 3;

/** Lists the account's webhook subscriptions. */
export async function listSubscriptions(
	context: RequestContext,
	action: string,
	maxRetries = MAX_RETRIES,
): Promise<WebhookSubscription[]> {
	const request = { method: 'GET', url: SUBSCRIPTIONS_URL } as const;
	const { body, headers } = await requestOutsideRun(context, request, action, { maxRetries });
	// By Linq's own clock: this machine's may differ.
	return parseSubscriptionList(body, Date.parse(String(headers.date)) || Date.now());
}

/**
 * Creates a subscription. Linq rejects a second one for the same address.
 *
 * @param beforeRetry clears the address: an attempt whose response was lost may have created one; without it, no retries
 */
export async function createSubscription(
	context: RequestContext,
	action: string,
	fields: SubscriptionFields,
	beforeRetry?: () => Promise<unknown>,
): Promise<CreatedSubscription> {
	const request = { method: 'POST', url: SUBSCRIPTIONS_URL, body: { ...fields } } as const;
	const policy = { maxRetries: beforeRetry ? MAX_RETRIES : 0, beforeRetry };
	return parseCreatedSubscription((await requestOutsideRun(context, request, action, policy)).body);
}

/** Deletes a subscription. It may be gone already: deleted by hand, or by an attempt whose response was lost. */
export async function deleteSubscription(
	context: RequestContext,
	action: string,
	id: string,
): Promise<void> {
	const url = `${SUBSCRIPTIONS_URL}/${encodeURIComponent(id)}`;
	await requestOutsideRun(context, { method: 'DELETE', url }, action, {
		maxRetries: MAX_RETRIES,
	}).catch((error: unknown) => {
		if (!(error instanceof LinqError && error.details.httpStatus === 404)) throw error;
	});
}
