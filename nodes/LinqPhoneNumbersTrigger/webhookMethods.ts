import type { IHookFunctions } from 'n8n-workflow';
import { KeyedMutex } from '../shared/concurrency/keyedMutex';
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
import {
	currentSubscription,
	forgetSubscriptions,
	nodeKey,
	restoreSecret,
	saveSubscription,
} from './staticData';

const CREATING = 'Could not set up the subscription to changes of lines';
export const REMOVING = 'Could not remove the subscription to changes of lines';

/** By node: n8n 2 may publish a workflow again before an earlier publish is done. */
const mutex = new KeyedMutex();

const hook = (run: (context: IHookFunctions) => Promise<boolean>) =>
	async function (this: IHookFunctions): Promise<boolean> {
		return await mutex
			.runExclusive(nodeKey(this), async () => await run(this))
			.catch(throwAt(this));
	};

/** What n8n calls when it publishes and unpublishes the workflow, and at the start and end of a test in the editor. */
export const webhookMethods = {
	checkExists: hook(isSubscribed),
	create: hook(subscribeAnew),
	delete: hook(unsubscribe),
};

/** Returns true if the node has a subscription that fits its parameters. */
async function isSubscribed(context: IHookFunctions): Promise<boolean> {
	const fields = await desiredFields(context);
	const own = await findOwn(context, CREATING);
	return own !== undefined && isUpToDate(own, fields);
}

/** Subscribes, and replaces whatever has the node's own address: Linq allows one subscription per address. */
async function subscribeAnew(context: IHookFunctions): Promise<true> {
	const clearAddress = async () => {
		const remote = findAtOwnAddress(context, await listSubscriptions(context, CREATING));
		if (!remote) return;
		// Linq may still retry what its secret has signed.
		restoreSecret(context, remote.id);
		await deleteSubscription(context, REMOVING, remote.id);
		saveSubscription(context);
	};
	await clearAddress();
	await subscribe(context, clearAddress);
	return true;
}

/** Removes only the node's own subscription: n8n calls this also after a failed publish, e.g. of a taken address. */
async function unsubscribe(context: IHookFunctions): Promise<true> {
	const own = await findOwn(context, REMOVING);
	if (own) await deleteSubscription(context, REMOVING, own.id);
	saveSubscription(context);
	return true;
}

/** Returns the node's own subscription, which has both its ID and its address. */
async function findOwn(context: IHookFunctions, action: string) {
	const subscription = currentSubscription(context);
	if (!subscription) return undefined;
	const remotes = await listSubscriptions(context, action);
	const atAddress = findAtOwnAddress(context, remotes);
	if (atAddress?.id === subscription.id) return atAddress;
	const other = remotes.find(({ id }) => id === subscription.id) ?? atAddress;
	warnOnce(
		context,
		other
			? `found the subscription ${other.id} at Linq, which is not its own by ID and address: it may be another n8n's. Publishing replaces one at its own address, any other stays. Delete it at Linq only if no n8n has its target_url.`
			: `did not find its subscription ${subscription.id} in this Linq account. If the credential was changed to another account, the old account keeps sending events until you delete the subscription there.`,
	);
	// Secrets of another account must not stay valid.
	if (!other) forgetSubscriptions(context);
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
	saveSubscription(context, created);
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
