import type { IExecuteFunctions, IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { isRecord } from '../shared/linq/isRecord';
import type { CreatedSubscription } from '../shared/linq/webhookSubscription';
import { RETRIES_LAST_MS } from '../shared/linq/webhookSubscription';

export type TriggerContext = IHookFunctions | IWebhookFunctions;

interface SavedSubscription extends CreatedSubscription {
	/** The workflow that created it: a copy of a workflow has a copy of the static data. */
	workflowId: string;
	/** If the subscription is gone, until when Linq may use its secret, in milliseconds since 1970. */
	expiresAt?: number;
}

/** A workflow that is published over and over must not make each request slow. */
const MAX_SAVED = 10;

/** By node: what this process saved last. If publishes overlap, n8n keeps the static data of only one. */
const memory = new BoundedMap<string, SavedSubscription[]>({ maxSize: 1_000 });

/** Returns a key for the node, another one during a test in the editor, of which n8n saves no static data. */
export function nodeKey(context: IExecuteFunctions | TriggerContext): string {
	const listener = context.getMode() === 'manual' ? 'test' : 'live';
	return `${context.getWorkflow().id ?? ''}/${context.getNode().id}/${listener}`;
}

/** Returns the subscriptions whose secrets a delivery may be signed with. */
export function savedSubscriptions(context: TriggerContext): SavedSubscription[] {
	const { subscriptions } = context.getWorkflowStaticData('node');
	const saved: unknown[] = Array.isArray(subscriptions) ? subscriptions : [];
	const workflow = context.getWorkflow().id ?? '';
	const own = saved.filter(isSavedSubscription).filter(({ workflowId }) => workflowId === workflow);
	const retired = memory.get(nodeKey(context))?.filter(({ expiresAt }) => expiresAt !== undefined);
	const now = Date.now();
	return byId([...own, ...(retired ?? [])]).filter(({ expiresAt = Infinity }) => expiresAt > now);
}

/** Removes duplicate IDs; the last one wins. */
const byId = (subscriptions: SavedSubscription[]) =>
	Array.from(new Map(subscriptions.map((entry) => [entry.id, entry])).values());

/** Returns the node's current subscription, as n8n has saved it. */
export function currentSubscription(context: TriggerContext): SavedSubscription | undefined {
	return savedSubscriptions(context).find(({ expiresAt }) => expiresAt === undefined);
}

/** Saves a subscription, or that there is none. Earlier secrets stay valid while Linq may use them. */
export function saveSubscription(context: TriggerContext, created?: CreatedSubscription): void {
	const expiresAt = Date.now() + RETRIES_LAST_MS;
	const subscriptions: SavedSubscription[] = savedSubscriptions(context)
		.filter(({ id }) => id !== created?.id)
		.map((previous) => ({ expiresAt, ...previous }));
	if (created) subscriptions.push({ ...created, workflowId: context.getWorkflow().id ?? '' });
	const known = memory.get(nodeKey(context)) ?? [];
	memory.set(nodeKey(context), byId([...known, ...subscriptions]).slice(-MAX_SAVED));
	context.getWorkflowStaticData('node').subscriptions = subscriptions.slice(-MAX_SAVED);
}

/** Drops all secrets: they are another account's. */
export function forgetSubscriptions(context: TriggerContext): void {
	memory.delete(nodeKey(context));
	context.getWorkflowStaticData('node').subscriptions = [];
}

/** Saves a subscription that n8n's static data lacks. Returns false if this process has not saved it before. */
export function restoreSecret(context: TriggerContext, id: string): boolean {
	const known = memory.get(nodeKey(context))?.find((entry) => entry.id === id && !entry.expiresAt);
	if (known) saveSubscription(context, known);
	return known !== undefined;
}

function isSavedSubscription(value: unknown): value is SavedSubscription {
	if (!isRecord(value)) return false;
	const { id, signingSecret, workflowId, expiresAt = 0 } = value;
	const isComplete = [id, signingSecret, workflowId].every((field) => typeof field === 'string');
	return isComplete && typeof expiresAt === 'number';
}
