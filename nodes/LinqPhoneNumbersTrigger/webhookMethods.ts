import type { IHookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { CHANGE_KINDS, STATUS_UPDATED } from '../shared/linq/statusUpdatedEvent';
import { parseTargetUrl, toTargetUrl } from '../shared/linq/targetUrl';
import type { SubscriptionFields, WebhookSubscription } from '../shared/linq/webhookSubscription';
import { isUpToDate } from '../shared/linq/webhookSubscription';
import { parseEvents, parseNewReputation, parseWatchedLines } from '../shared/n8n/changeFilters';
import { findPhoneNumbers } from '../shared/n8n/listLines';
import { parseBoolean } from '../shared/n8n/parameters';
import { throwAt } from '../shared/n8n/toNodeApiError';
import { warnOnce } from '../shared/n8n/warnOnce';
import {
	createSubscription,
	deleteSubscription,
	listSubscriptions,
} from '../shared/n8n/webhookSubscriptions';
import type { TriggerContext } from './staticData';
import { currentSubscription, saveSubscription } from './staticData';

const CREATING = 'Could not set up the subscription to changes of lines';
export const REMOVING = 'Could not remove the subscription to changes of lines';

/** The subscriptions that this n8n process has deleted: n8n may set a trigger up with outdated static data. */
const deletedIds = new BoundedMap<string, true>({ maxSize: 1_000 });

/** What n8n calls when it publishes and unpublishes the workflow, and at the start and end of a test in the editor. */
export const webhookMethods = {
	async checkExists(this: IHookFunctions): Promise<boolean> {
		return await isSubscribed(this).catch(throwAt(this));
	},
	async create(this: IHookFunctions): Promise<boolean> {
		return await subscribeAnew(this).catch(throwAt(this));
	},
	async delete(this: IHookFunctions): Promise<boolean> {
		return await unsubscribe(this).catch(throwAt(this));
	},
};

/** Returns true if the node has a subscription that fits its parameters. */
async function isSubscribed(context: IHookFunctions): Promise<boolean> {
	const fields = await desiredFields(context);
	const own = findOwn(context, await listSubscriptions(context, CREATING));
	return own !== undefined && isUpToDate(own, fields);
}

/** Subscribes, and replaces whatever has the node's own address: Linq allows one subscription per address. */
async function subscribeAnew(context: IHookFunctions): Promise<true> {
	const clearAddress = async () => {
		const remote = findAtOwnAddress(context, await listSubscriptions(context, CREATING));
		if (remote) await deleteSubscription(context, REMOVING, remote.id);
	};
	await clearAddress();
	await subscribe(context, clearAddress);
	return true;
}

/**
 * Removes this node's own subscription only: n8n calls this also after a failed publish, e.g. if the webhook address is
 * another workflow's.
 */
async function unsubscribe(context: IHookFunctions): Promise<true> {
	const subscription = currentSubscription(context);
	if (!subscription) return true;
	const isOwn = subscription.workflowId === context.getWorkflow().id;
	const own = isOwn && findOwn(context, await listSubscriptions(context, REMOVING));
	if (own) await deleteSubscription(context, REMOVING, own.id);
	if (own) deletedIds.set(own.id, true);
	saveSubscription(context, undefined, isOwn);
	return true;
}

/** Returns the node's own subscription, by its ID and its address. Drops the secrets of another workflow's. */
function findOwn(
	context: IHookFunctions,
	remotes: WebhookSubscription[],
): WebhookSubscription | undefined {
	const subscription = currentSubscription(context);
	if (!subscription) return undefined;
	const workflowId = context.getWorkflow().id ?? '';
	const atAddress = findAtOwnAddress(context, remotes);
	if (atAddress?.id === subscription.id) {
		saveSubscription(context, { ...subscription, workflowId });
		return atAddress;
	}
	const other = remotes.find(({ id }) => id === subscription.id) ?? atAddress;
	const isCopied = subscription.workflowId !== workflowId;
	if (deletedIds.get(subscription.id)) return undefined;
	if (!isCopied) {
		const found = other
			? `found the subscription ${other.id} at Linq, which is not its own by ID and address. Publishing replaces one at its own address, any other stays: if nothing needs it, delete it at Linq.`
			: `did not find its subscription ${subscription.id} in this Linq account. If the credential was changed to another account, the old account keeps sending events until you delete the subscription there.`;
		warnOnce(context, found);
	}
	if (isCopied || !other) saveSubscription(context, undefined, false);
	return undefined;
}

/** Returns the subscription at the node's own address, whoever created it. */
export function findAtOwnAddress(context: TriggerContext, remotes: WebhookSubscription[]) {
	const targetUrl = toTargetUrl(context.getNodeWebhookUrl('default') ?? '');
	return remotes.find(({ target_url }) => target_url === targetUrl);
}

/** Creates the subscription, and saves its secret, which Linq shows only once. */
export async function subscribe(context: TriggerContext, clearAddress?: () => Promise<unknown>) {
	const fields = await desiredFields(context);
	const created = await createSubscription(context, CREATING, fields, clearAddress);
	saveSubscription(context, { ...created, workflowId: context.getWorkflow().id ?? '' });
}

/** Checks all parameters, and returns the subscription that they need. */
async function desiredFields(context: TriggerContext): Promise<SubscriptionFields> {
	const target_url = parseTargetUrl(context.getNodeWebhookUrl('default') ?? '');
	parseEvents(context.getNodeParameter('events'), CHANGE_KINDS);
	parseNewReputation(context.getNodeParameter('newReputation'));
	parseBoolean(context.getNodeParameter('simplify'), 'Simplify');
	const lines = parseWatchedLines(context.getNodeParameter('lines'));
	const phone_numbers = await findPhoneNumbers(context, lines);
	return { target_url, subscribed_events: [STATUS_UPDATED], phone_numbers };
}
