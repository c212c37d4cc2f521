import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';

/** What n8n keeps for the node, across restarts. */
export interface NodeState {
	/** Linq's id of the subscription. */
	subscriptionId?: string;
	signingSecret?: string;
	/** The `webhook-id` of the deliveries that started the workflow, oldest first. */
	deliveries: string[];
}

export function readState(context: IHookFunctions | IWebhookFunctions): NodeState {
	const { subscriptionId, signingSecret, deliveries } = context.getWorkflowStaticData('node');
	return {
		subscriptionId: typeof subscriptionId === 'string' ? subscriptionId : undefined,
		signingSecret: typeof signingSecret === 'string' ? signingSecret : undefined,
		deliveries: Array.isArray(deliveries) ? deliveries.map(String) : [],
	};
}

/** Changes a part of what n8n keeps. */
export function writeState(
	context: IHookFunctions | IWebhookFunctions,
	part: Partial<NodeState>,
): void {
	Object.assign(context.getWorkflowStaticData('node'), part);
}
