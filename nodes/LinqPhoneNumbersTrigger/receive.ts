import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';
import type { StatusUpdateRow } from '../shared/linq/statusUpdatedEvent';
import { changeKinds, toStatusUpdateRow, STATUS_UPDATED } from '../shared/linq/statusUpdatedEvent';
import { parseSignature } from '../shared/linq/webhookSignature';
import { wasTakenBefore } from './deliveriesInMemory';
import { nodeKey } from './nodeState';
import { tellOperator } from './operatorLog';
import { senderOf } from './sender';
import type { ReceivedEvent } from './start';

const LARGEST_BODY_BYTES = 1_000_000;

/**
 * Receives one call, and starts the workflow when it is a change that the node waits for. Where it does, the answer is
 * given by the workflow's execution.
 */
export async function receive(context: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { rawBody, headers } = context.getRequestObject();
	if (!Buffer.isBuffer(rawBody) || rawBody.length > LARGEST_BODY_BYTES) return refuse(context, 400);
	const signature = parseSignature(headers);
	const sender = await senderOf(context, rawBody, signature);
	// Linq tries again after a 503, and after no other of these answers.
	if (sender === 'unclear') return refuse(context, 503);
	if (sender === 'stranger' || !signature) return refuse(context, 401);

	const envelope = parse(rawBody);
	if (!envelope) return refuse(context, 400);
	// n8n answers 200 where nothing is returned.
	if (envelope.event_type !== STATUS_UPDATED) return {};
	const update = toStatusUpdateRow(envelope);
	if (!update) {
		tellOperator(context, 'received an event that tells of no line, and refused it');
		return refuse(context, 400);
	}
	if (!isWanted(context, update)) return {};
	if (await wasTakenBefore(nodeKey(context), signature.id, isTaken(context))) return {};
	const simplify = context.getNodeParameter('simplify', true) === true;
	const received: ReceivedEvent = {
		delivery: signature.id,
		output: simplify ? { ...update } : envelope,
	};
	return { workflowData: [[{ json: { ...received } }]] };
}

/** Whether n8n takes the event: then the workflow's execution has answered with success. */
async function isTaken(context: IWebhookFunctions): Promise<boolean> {
	const response = context.getResponseObject();
	return await new Promise((resolve) => {
		response.once('close', () => {
			resolve(response.writableFinished && response.statusCode === 200);
		});
	});
}

/** Whether the node's parameters ask for such a change. */
function isWanted(context: IWebhookFunctions, update: StatusUpdateRow): boolean {
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
	context.getResponseObject().writeHead(status).end();
	return { noWebhookResponse: true };
}
