import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { readE164 } from '../linq/e164';
import { inputError, LinqError } from '../linq/linqError';
import { STATUS_UPDATED, WEBHOOK_VERSION } from '../linq/statusUpdate';
import type { WebhookSubscription } from '../linq/webhookSubscription';
import {
	readCreatedSubscription,
	readSubscriptionList,
	SUBSCRIPTIONS_URL,
} from '../linq/webhookSubscription';
import type { LinqRequest } from '../n8n/request';
import { requestAlone } from '../n8n/request';
import { readState, writeState } from './nodeState';

const MAX_RETRIES = 3;
const SETTING_UP = 'Could not set up the subscription to changes of lines';
const REMOVING = 'Could not remove the subscription to changes of lines';

/** Whether Linq delivers to this node what it asks for; puts right what differs. */
export async function checkSubscription(context: IHookFunctions): Promise<boolean> {
	const target = readTargetUrl(context);
	const wanted = readWanted(context);
	const { subscriptionId, signingSecret } = readState(context);
	const toUs = await subscriptionsTo(context, target);
	const ours = toUs.find(({ id }) => signingSecret !== undefined && id === subscriptionId);
	if (!ours) {
		// Nobody has their secret any more, and they take the address.
		await removeAll(context, toUs);
		return false;
	}
	const asWanted =
		ours.is_active &&
		sameMembers(ours.subscribed_events, wanted.subscribed_events) &&
		sameMembers(ours.phone_numbers, wanted.phone_numbers);
	if (!asWanted) {
		await send(context, 'PUT', SETTING_UP, ours.id, { ...wanted, is_active: true });
	}
	return true;
}

/** Subscribes, and keeps the secret that Linq shows this once only. */
export async function createSubscription(context: IHookFunctions): Promise<boolean> {
	const target_url = readTargetUrl(context);
	const request: LinqRequest = {
		method: 'POST',
		url: SUBSCRIPTIONS_URL,
		body: { target_url, ...readWanted(context) },
	};
	const { body } = await requestAlone(context, request, SETTING_UP, {
		maxRetries: MAX_RETRIES,
		// The lost answer may have been a success: then its address is taken, and its secret is lost.
		beforeRetry: async () => {
			await removeAll(context, await subscriptionsTo(context, target_url));
		},
	});
	const { id, signingSecret } = readCreatedSubscription(body);
	writeState(context, { subscriptionId: id, signingSecret });
	return true;
}

/** Unsubscribes; fine where nothing is left to remove. */
export async function deleteSubscription(context: IHookFunctions): Promise<boolean> {
	const { subscriptionId } = readState(context);
	const target = targetUrl(context);
	if (subscriptionId !== undefined) await remove(context, subscriptionId);
	else if (isDeliverable(target)) {
		await removeAll(context, await subscriptionsTo(context, target));
	}
	writeState(context, { subscriptionId: undefined, signingSecret: undefined });
	return true;
}

async function subscriptionsTo(
	context: IHookFunctions,
	target: string,
): Promise<WebhookSubscription[]> {
	const { body } = await send(context, 'GET', SETTING_UP);
	return readSubscriptionList(body).filter(({ target_url }) => target_url === target);
}

async function removeAll(
	context: IHookFunctions,
	subscriptions: WebhookSubscription[],
): Promise<void> {
	for (const { id } of subscriptions) await remove(context, id);
}

async function remove(context: IHookFunctions, id: string): Promise<void> {
	await send(context, 'DELETE', REMOVING, id).catch(unlessGone);
}

/** Fine where it was removed before: by hand, or by a try whose answer was lost. */
function unlessGone(error: unknown): void {
	if (!(error instanceof LinqError && error.details.httpCode === '404')) throw error;
}

async function send(
	context: IHookFunctions,
	method: 'GET' | 'PUT' | 'DELETE',
	doing: string,
	id?: string,
	body?: IDataObject,
) {
	const url =
		id === undefined ? SUBSCRIPTIONS_URL : `${SUBSCRIPTIONS_URL}/${encodeURIComponent(id)}`;
	return await requestAlone(context, { method, url, body }, doing, { maxRetries: MAX_RETRIES });
}

/** The node's own address at this n8n, with the version of the payload that it reads. */
function targetUrl(context: IHookFunctions): string {
	return `${context.getNodeWebhookUrl('default') ?? ''}?version=${WEBHOOK_VERSION}`;
}

/** Linq subscribes no other address, so that nothing can be found there either. */
function isDeliverable(target: string): boolean {
	return target.startsWith('https://');
}

/** Throws a LinqError where Linq would not deliver to the address. */
function readTargetUrl(context: IHookFunctions): string {
	const target = targetUrl(context);
	if (isDeliverable(target)) return target;
	// All in the message: n8n shows nothing else where publishing fails.
	throw new LinqError(
		`n8n's WEBHOOK_URL must be a public https address: Linq does not deliver to ${target.split('?')[0] ?? ''}`,
		{
			description:
				"Set n8n's environment variable WEBHOOK_URL to the address at which n8n can be reached from outside, e.g. https://n8n.example.com/, and start n8n again. Nothing was sent to Linq.",
			fault: 'n8n',
		},
	);
}

/** What the subscription has to cover, by the node's parameters. */
function readWanted(context: IHookFunctions): {
	subscribed_events: string[];
	phone_numbers: string[];
} {
	const events: unknown = context.getNodeParameter('events', []);
	if (!Array.isArray(events) || events.length === 0) {
		throw inputError(
			'No events are chosen',
			'Choose under Events whether changes of reputation, of status or of both count.',
		);
	}
	const numbers: unknown = context.getNodeParameter('phoneNumbers', []);
	const entries: unknown[] = Array.isArray(numbers) ? numbers : [numbers];
	return {
		subscribed_events: [STATUS_UPDATED],
		phone_numbers: entries.map((number) => readE164(number, 'The phone number')),
	};
}

function sameMembers(some: unknown[], others: unknown[]): boolean {
	const set = new Set(some);
	return set.size === new Set(others).size && others.every((member) => set.has(member));
}
