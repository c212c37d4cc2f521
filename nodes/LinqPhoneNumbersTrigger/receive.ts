import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { isRecord } from '../linq/record';
import type { FlatStatusUpdate } from '../linq/statusUpdate';
import { changeKinds, flattenStatusUpdate, STATUS_UPDATED } from '../linq/statusUpdate';
import { isSigned } from '../linq/webhookSignature';
import { claimDelivery } from './deliveries';
import { readState, writeState } from './nodeState';

const LARGEST_BODY_BYTES = 1_000_000;

/** Answers one delivery, and starts the workflow when it is a change that the node waits for. */
export function receive(context: IWebhookFunctions): IWebhookResponseData {
	const { rawBody, headers } = context.getRequestObject();
	if (!Buffer.isBuffer(rawBody) || rawBody.length > LARGEST_BODY_BYTES) return refuse(context, 400);
	const { signingSecret, deliveries } = readState(context);
	if (signingSecret === undefined || !isSigned(rawBody, headers, signingSecret, Date.now())) {
		context.logger.warn('Linq Phone Numbers Trigger refused a call without a valid signature');
		return refuse(context, 401);
	}

	const envelope = parse(rawBody);
	if (!envelope) return refuse(context, 400);
	// n8n answers 200 where nothing is returned.
	if (envelope.event_type !== STATUS_UPDATED) return {};
	const update = flattenStatusUpdate(envelope);
	if (!update) {
		context.logger.warn('Linq Phone Numbers Trigger received an event that tells of no line');
		return refuse(context, 400);
	}
	if (!isWanted(context, update)) return {};
	const simplify = context.getNodeParameter('simplify', true) === true;

	const node = `${context.getWorkflow().id ?? ''}/${context.getNode().id}/${context.getMode()}`;
	const id = String(headers['webhook-id']);
	const claimed = claimDelivery(node, id, deliveries);
	if (!claimed) return {};
	writeState(context, { deliveries: claimed });
	// Answered here: what the node keeps is saved by n8n only where n8n has no answer of its own to give.
	answer(context, 200);
	return {
		noWebhookResponse: true,
		workflowData: [[{ json: simplify ? { ...update } : envelope }]],
	};
}

/** Whether the node's parameters ask for such a change. */
function isWanted(context: IWebhookFunctions, update: FlatStatusUpdate): boolean {
	const events = chosen(context.getNodeParameter('events', []));
	const reputations = chosen(context.getNodeParameter('newReputation', []));
	return (
		changeKinds(update).some((kind) => events.includes(kind)) &&
		(reputations.length === 0 || reputations.includes(update.new_reputation))
	);
}

function chosen(value: unknown): unknown[] {
	return Array.isArray(value) ? value : [value];
}

function parse(body: Buffer): IDataObject | undefined {
	try {
		const value: unknown = JSON.parse(body.toString('utf8'));
		return isDataObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isDataObject(value: unknown): value is IDataObject {
	return isRecord(value);
}

/** Answers without a word about why: who has no right to call learns nothing. */
function refuse(context: IWebhookFunctions, status: number): IWebhookResponseData {
	answer(context, status);
	return { noWebhookResponse: true };
}

function answer(context: IWebhookFunctions, status: number): void {
	context.getResponseObject().writeHead(status).end();
}
