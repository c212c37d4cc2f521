import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';
import { isFirstDelivery } from './deliveriesInDatabase';

/** What a call hands over to the workflow's execution. */
export interface ReceivedEvent {
	/** The delivery's `webhook-id`. */
	delivery: string;
	/** The node's output. */
	output: IDataObject;
}

/**
 * Begins the workflow's execution with what was received, unless another execution has begun with it: then this one
 * ends here. Linq gets its answer only now, when n8n has surely taken the event and every copy will be recognised.
 */
export async function start(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const received: unknown = context.getInputData()[0]?.json;
	if (!isReceivedEvent(received)) {
		throw new NodeOperationError(context.getNode(), 'No event of Linq was received', {
			description:
				'Publish the workflow, or choose Execute step and let a line change: the node starts with what Linq sends.',
		});
	}
	// Retried by hand or tested in the editor, it is to run again.
	const begins =
		context.getMode() !== 'webhook' || (await isFirstDelivery(context, received.delivery));
	await context.sendResponse({ statusCode: 200, headers: {}, body: {} });
	return begins ? [{ json: received.output }] : [];
}

function isReceivedEvent(value: unknown): value is ReceivedEvent {
	return isRecord(value) && typeof value.delivery === 'string' && isRecord(value.output);
}
