import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';

export type TriggerContext = IHookFunctions | IWebhookFunctions;

/** A subscription at Linq. */
interface SavedSubscription {
	id: string;
	signingSecret: string;
	/** The workflow that created it: a copy of a workflow has a copy of the static data. */
	workflowId: string;
	/** If the subscription is gone, until when Linq may use its secret, in milliseconds since 1970. */
	expiresAt?: number;
}

/** Longer than Linq retries a delivery: about 25 minutes. */
export const RETRIES_LAST_MS = 30 * 60_000;

/** A workflow that is published over and over must not make each request slow. */
const MAX_SAVED = 10;

/** Returns a key for the node and its mode, which is another one during a test in the editor. */
export function triggerKey(context: IWebhookFunctions): string {
	return `${context.getWorkflow().id ?? ''}/${context.getNode().id}/${context.getMode()}`;
}

/**
 * Returns the subscriptions whose secrets a delivery may be signed with, the current one last. n8n saves static data
 * as a whole, so it changes only with the subscription, never when an event is received.
 */
export function savedSubscriptions(context: TriggerContext): SavedSubscription[] {
	const { subscriptions } = context.getWorkflowStaticData('node');
	const saved: unknown[] = Array.isArray(subscriptions) ? subscriptions : [];
	const now = Date.now();
	return saved.filter(isSavedSubscription).filter(({ expiresAt = Infinity }) => expiresAt > now);
}

/** Returns the node's current subscription, as n8n has saved it. */
export function currentSubscription(context: TriggerContext): SavedSubscription | undefined {
	return savedSubscriptions(context).find(({ expiresAt }) => expiresAt === undefined);
}

/**
 * Saves a subscription, or that there is none.
 *
 * @param keepsSecrets whether the earlier secrets stay valid while Linq may still use them
 */
export function saveSubscription(
	context: TriggerContext,
	subscription: SavedSubscription | undefined,
	keepsSecrets = true,
): void {
	const others = savedSubscriptions(context).filter(({ id }) => id !== subscription?.id);
	const expiresAt = Date.now() + RETRIES_LAST_MS;
	const previous = others.map((other) => ({ expiresAt, ...other }));
	const subscriptions = [
		...(keepsSecrets ? previous : []),
		...(subscription ? [subscription] : []),
	];
	context.getWorkflowStaticData('node').subscriptions = subscriptions.slice(-MAX_SAVED);
}

function isSavedSubscription(value: unknown): value is SavedSubscription {
	if (!isRecord(value)) return false;
	const { id, signingSecret, workflowId, expiresAt = 0 } = value;
	const isComplete = [id, signingSecret, workflowId].every((field) => typeof field === 'string');
	return isComplete && typeof expiresAt === 'number';
}
