import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';

export type TriggerContext = IHookFunctions | IWebhookFunctions;

/** A subscription at Linq, with what tells it from another's: static data get copied along with a workflow. */
interface SavedSubscription {
	id: string;
	signingSecret: string;
	/** The workflow that created it. */
	workflowId: string;
	/** If the subscription is gone, how long Linq may still use its secret: milliseconds since 1970. */
	expiresAt?: number;
}

/** Longer than Linq retries a delivery: about 25 minutes. */
export const RETRIES_LAST_MS = 30 * 60_000;

/** A workflow that is published over and over must not make each request slow. */
const MAX_SAVED = 10;

/** Returns a key for the node, and for whether it listens for a test in the editor. */
export function triggerKey(context: IWebhookFunctions): string {
	return `${context.getWorkflow().id ?? ''}/${context.getNode().id}/${context.getMode()}`;
}

/**
 * Returns the subscriptions whose secrets a delivery may be signed with, the current one last. n8n saves one record a
 * workflow, loads it anew for each request and saves it whole: so it changes only with the subscription, never when
 * an event is received.
 */
export function savedSubscriptions(context: TriggerContext): SavedSubscription[] {
	const { subscriptions } = context.getWorkflowStaticData('node');
	const saved: unknown[] = Array.isArray(subscriptions) ? subscriptions : [];
	const now = Date.now();
	return saved.filter(isSavedSubscription).filter(({ expiresAt = Infinity }) => expiresAt > now);
}

/** Returns the subscription that Linq delivers to the node by, as far as n8n knows. */
export function currentSubscription(context: TriggerContext): SavedSubscription | undefined {
	return savedSubscriptions(context).find(({ expiresAt }) => expiresAt === undefined);
}

/**
 * Saves a subscription, or that there is none.
 *
 * @param keepsSecrets false if those saved before are another's; else they are valid while Linq may use them
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
