import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';

/** A secret whose subscription is gone. */
interface RetiredSecret {
	signingSecret: string;
	/** Until when deliveries that it signed may still come, in milliseconds since 1970. */
	until: number;
}

/**
 * What n8n keeps for the node, across restarts and for all its processes: one record a workflow, loaded anew for each
 * call and saved whole. So it changes only with the subscription, never when an event is received.
 */
export interface NodeState {
	/** Linq's id of the subscription. */
	subscriptionId?: string;
	signingSecret?: string;
	/** Oldest first. */
	retired: RetiredSecret[];
}

/** Linq tries to deliver an event for about 25 minutes. */
const RETRIES_LAST_MS = 30 * 60_000;

/** A workflow that is published over and over must not make each call slow. */
const MOST_RETIRED = 10;

/** Which node of which workflow it is, and whether its state is that of a test in the editor. */
export function nodeKey(context: IWebhookFunctions): string {
	return `${context.getWorkflow().id ?? ''}/${context.getNode().id}/${context.getMode()}`;
}

export function readState(context: IHookFunctions | IWebhookFunctions): NodeState {
	const { subscriptionId, signingSecret, retired } = context.getWorkflowStaticData('node');
	const entries: unknown[] = Array.isArray(retired) ? retired : [];
	return {
		subscriptionId: typeof subscriptionId === 'string' ? subscriptionId : undefined,
		signingSecret: typeof signingSecret === 'string' ? signingSecret : undefined,
		retired: entries.filter(isRetiredSecret),
	};
}

/** Keeps a new subscription, or that there is none. The secret of the one before holds while Linq may still use it. */
export function writeSubscription(
	context: IHookFunctions | IWebhookFunctions,
	subscription?: { id: string; signingSecret: string },
): void {
	const { signingSecret, retired } = readState(context);
	const now = Date.now();
	const still = retired.filter(({ until }) => until > now);
	if (signingSecret !== undefined) still.push({ signingSecret, until: now + RETRIES_LAST_MS });
	Object.assign(context.getWorkflowStaticData('node'), {
		subscriptionId: subscription?.id,
		signingSecret: subscription?.signingSecret,
		retired: still.slice(-MOST_RETIRED),
	});
}

/** The secrets that a delivery may be signed with at a time, in milliseconds since 1970. */
export function secretsAt({ signingSecret, retired }: NodeState, now: number): string[] {
	const still = retired.filter(({ until }) => until > now);
	return [signingSecret, ...still.map((one) => one.signingSecret)].filter(
		(secret) => secret !== undefined,
	);
}

function isRetiredSecret(value: unknown): value is RetiredSecret {
	return (
		isRecord(value) && typeof value.signingSecret === 'string' && typeof value.until === 'number'
	);
}
