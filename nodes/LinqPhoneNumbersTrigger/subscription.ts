import type { IDataObject, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { LineIndex } from '../shared/linq/lineIndex';
import { parseLineRef } from '../shared/linq/lineRef';
import { inputError, LinqError } from '../shared/linq/linqError';
import { PHONE_NUMBERS_URL, parsePhoneNumberList } from '../shared/linq/phoneNumber';
import { STATUS_UPDATED, WEBHOOK_VERSION } from '../shared/linq/statusUpdatedEvent';
import type { WebhookSubscription } from '../shared/linq/webhookSubscription';
import {
	parseCreatedSubscription,
	parseSubscriptionList,
	SUBSCRIPTIONS_URL,
} from '../shared/linq/webhookSubscription';
import { LIST_LINES_ACTION } from '../shared/n8n/lineOptions';
import type { LinqRequest } from '../shared/n8n/requestOutsideRun';
import { requestOutsideRun } from '../shared/n8n/requestOutsideRun';
import { readState, writeSubscription } from './nodeState';

const MAX_RETRIES = 3;
const SETTING_UP = 'Could not set up the subscription to changes of lines';
const COMPARING = 'Could not look up the subscription to changes of lines';
const REMOVING = 'Could not remove the subscription to changes of lines';

/** The contexts in which n8n lets the node look after its subscription. */
type Context = IHookFunctions | IWebhookFunctions;

/** Whether Linq delivers to this node what it asks for; puts right what differs. */
export async function checkSubscription(context: IHookFunctions): Promise<boolean> {
	const target = requireTargetUrl(context);
	const wanted = await parseDesired(context);
	const { subscriptionId, signingSecret } = readState(context);
	const { toUs } = await subscriptionsTo(context, target, SETTING_UP);
	const ours = toUs.find(({ id }) => signingSecret !== undefined && id === subscriptionId);
	if (!ours) {
		// Nobody has their secret any more, and they take the address.
		await removeAll(context, idsOf(toUs));
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
	const clearAddress = async () => {
		const { toUs } = await subscriptionsTo(context, requireTargetUrl(context), SETTING_UP);
		await removeAll(context, idsOf(toUs));
		return toUs.length > 0;
	};
	// A lost answer may have been a success: then the address is taken, and the secret is lost.
	await subscribe(context, MAX_RETRIES, clearAddress).catch(async (error: unknown) => {
		// Another n8n process may have subscribed anew in between, for it had another secret saved than Linq.
		if (!isRefusal(error) || !(await clearAddress())) throw error;
		await subscribe(context, MAX_RETRIES, clearAddress);
	});
	return true;
}

/** Unsubscribes whatever delivers to this node; fine where nothing is left to remove. */
export async function deleteSubscription(context: IHookFunctions): Promise<boolean> {
	const { subscriptionId } = readState(context);
	const target = targetUrl(context);
	const { toUs } = isDeliverable(target)
		? await subscriptionsTo(context, target, REMOVING)
		: { toUs: [] };
	const ids = new Set(idsOf(toUs));
	// It had another address where that of n8n has changed since.
	if (subscriptionId !== undefined) ids.add(subscriptionId);
	await removeAll(context, ids);
	writeSubscription(context);
	return true;
}

/** A subscription as far as a comparison needs it. */
export interface FoundSubscription {
	id: string;
	/** Milliseconds since 1970, by the clock of this machine; NaN where Linq does not tell. */
	createdAt: number;
}

/** The subscription that Linq has for this node. Asks once, for a call waits for its answer. */
export async function findSubscription(
	context: IWebhookFunctions,
): Promise<FoundSubscription | undefined> {
	const { toUs, askedAt } = await subscriptionsTo(context, requireTargetUrl(context), COMPARING, 0);
	const [found] = toUs;
	if (!found) return undefined;
	return { id: found.id, createdAt: Date.now() - (askedAt - Date.parse(found.created_at)) };
}

/**
 * Subscribes anew in place of a subscription whose secret n8n does not have. Where another n8n process does so at the
 * same moment, Linq refuses the later one, for an address has one subscription only.
 */
export async function replaceSubscription(
	context: IWebhookFunctions,
	id: string | undefined,
): Promise<FoundSubscription> {
	if (id !== undefined) await remove(context, id);
	return { id: await subscribe(context, 0), createdAt: Date.now() };
}

async function subscribe(
	context: Context,
	maxRetries: number,
	beforeRetry?: () => Promise<unknown>,
): Promise<string> {
	const request: LinqRequest = {
		method: 'POST',
		url: SUBSCRIPTIONS_URL,
		body: { target_url: requireTargetUrl(context), ...(await parseDesired(context)) },
	};
	const { body } = await requestOutsideRun(context, request, SETTING_UP, {
		maxRetries,
		beforeRetry,
	});
	const subscription = parseCreatedSubscription(body);
	writeSubscription(context, subscription);
	return subscription.id;
}

/**
 * The subscriptions to an address.
 *
 * @returns also when Linq answered, by its own clock, in milliseconds since 1970
 */
async function subscriptionsTo(
	context: Context,
	target: string,
	doing: string,
	maxRetries = MAX_RETRIES,
): Promise<{ toUs: WebhookSubscription[]; askedAt: number }> {
	const request: LinqRequest = { method: 'GET', url: SUBSCRIPTIONS_URL };
	const { body, headers } = await requestOutsideRun(context, request, doing, { maxRetries });
	return {
		toUs: parseSubscriptionList(body).filter(({ target_url }) => target_url === target),
		askedAt: Date.parse(String(headers.date)) || Date.now(),
	};
}

function idsOf(subscriptions: WebhookSubscription[]): string[] {
	return subscriptions.map(({ id }) => id);
}

async function removeAll(context: Context, ids: Iterable<string>): Promise<void> {
	for (const id of ids) await remove(context, id);
}

async function remove(context: Context, id: string): Promise<void> {
	await send(context, 'DELETE', REMOVING, id).catch(unlessGone);
}

/** Fine where it was removed before: by hand, or by a try whose answer was lost. */
function unlessGone(error: unknown): void {
	if (!(error instanceof LinqError && error.details.httpStatus === 404)) throw error;
}

/** Whether Linq refused what was sent, as it does where an address has a subscription already. */
function isRefusal(error: unknown): boolean {
	return error instanceof LinqError && error.details.source === 'input';
}

async function send(
	context: Context,
	method: 'PUT' | 'DELETE',
	doing: string,
	id: string,
	body?: IDataObject,
) {
	const url = `${SUBSCRIPTIONS_URL}/${encodeURIComponent(id)}`;
	return await requestOutsideRun(context, { method, url, body }, doing, {
		maxRetries: MAX_RETRIES,
	});
}

/** The node's own address at this n8n, with the version of the payload that it reads. */
function targetUrl(context: Context): string {
	return `${context.getNodeWebhookUrl('default') ?? ''}?version=${WEBHOOK_VERSION}`;
}

/** Linq subscribes no other address, so that nothing can be found there either. */
function isDeliverable(target: string): boolean {
	return target.startsWith('https://');
}

/** Throws a LinqError where Linq would not deliver to the address. */
function requireTargetUrl(context: Context): string {
	const target = targetUrl(context);
	if (isDeliverable(target)) return target;
	// All in the message: n8n shows nothing else where publishing fails.
	throw new LinqError(
		`n8n's N8N_WEBHOOK_URL (in older n8n WEBHOOK_URL) must be a public https address: Linq does not deliver to ${target.split('?')[0] ?? ''}`,
		{
			description:
				"Set n8n's environment variable N8N_WEBHOOK_URL (in older n8n WEBHOOK_URL), in each of its processes, to the address at which n8n can be reached from outside, e.g. https://n8n.example.com/, and start n8n again. Nothing was sent to Linq.",
			source: 'n8n',
		},
	);
}

/** What the subscription has to cover, by the node's parameters. */
async function parseDesired(context: Context): Promise<{
	subscribed_events: string[];
	phone_numbers: string[];
}> {
	const events: unknown = context.getNodeParameter('events', []);
	if (!Array.isArray(events) || events.length === 0) {
		throw inputError(
			'No events are chosen',
			'Choose under Events whether changes of reputation, of status or of both count.',
		);
	}
	return { subscribed_events: [STATUS_UPDATED], phone_numbers: await parseLines(context) };
}

/** The lines' numbers; those that are given by ID are looked up. */
async function parseLines(context: Context): Promise<string[]> {
	const value: unknown = context.getNodeParameter('lines', []);
	const entries: unknown[] = Array.isArray(value) ? value : [value];
	const refs = entries.map((entry) => parseLineRef(entry, 'The phone number'));
	const numbers = refs.flatMap((line) => (line.kind === 'number' ? [line.number] : []));
	if (numbers.length === refs.length) return numbers;
	const request: LinqRequest = { method: 'GET', url: PHONE_NUMBERS_URL };
	const { body } = await requestOutsideRun(context, request, LIST_LINES_ACTION, {
		maxRetries: MAX_RETRIES,
	});
	const index = new LineIndex(parsePhoneNumberList(body));
	return refs.map((line) => (line.kind === 'id' ? index.byId(line.id).phone_number : line.number));
}

function sameMembers(some: unknown[], others: unknown[]): boolean {
	const set = new Set(some);
	return set.size === new Set(others).size && others.every((member) => set.has(member));
}
