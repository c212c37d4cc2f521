import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';
import { isFirstDelivery } from './deduplication';

/** What `webhook` passes on: the delivery's `webhook-id`, and the node's output. */
export interface ReceivedEvent {
	webhookId: string;
	payload: IDataObject;
}

/** Outputs the received event; nothing, which ends the execution, if another execution has it. */
export async function execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const received: unknown = this.getInputData()[0]?.json;
	if (!isReceivedEvent(received)) {
		throw new NodeOperationError(this.getNode(), 'No event from Linq was received', {
			description:
				'Publish the workflow, or choose Execute step and wait for a line to change: the node starts with what Linq sends.',
		});
	}
	// A retry by hand and a test in the editor run again.
	const isDelivery = this.getMode() === 'webhook';
	if (isDelivery && !(await isFirstDelivery(this, received.webhookId))) return [[]];
	return [[{ json: received.payload }]];
}

function isReceivedEvent(value: unknown): value is ReceivedEvent {
	return isRecord(value) && typeof value.webhookId === 'string' && isRecord(value.payload);
}
