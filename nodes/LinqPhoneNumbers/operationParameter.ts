import type {
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeProperties,
} from 'n8n-workflow';
import { inputError } from '../shared/linq/linqError';
import { PHONE_NUMBERS_URL } from '../shared/linq/phoneNumber';
import { executedBy } from './declarativeExecute';
import type { NodeRun } from './nodeRun';
import { listOperation } from './operations/list';
import { updateForwardingOperation } from './operations/updateForwarding';

const operations = [listOperation, updateForwardingOperation];

export const operationParameter: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: operations,
	default: 'list',
	// For an unknown operation only: in n8n-core's routing-node.ts, the routing of a chosen option overrides this one.
	routing: executedBy({ method: 'GET', url: PHONE_NUMBERS_URL }, executeUnknown),
};

/** Rejects an item: the node has no such operation, e.g. after an edit of the workflow's file. */
async function executeUnknown(
	context: IExecuteSingleFunctions,
	_request: IHttpRequestOptions,
	run: NodeRun,
): Promise<INodeExecutionData[]> {
	return await run.processItem(context, {
		parse: () => JSON.stringify(context.getNode().parameters.operation),
		run: (written) => {
			const known = operations.map(({ value }) => value).join(', ');
			throw inputError(
				`The operation ${written} is not one of ${known}`,
				'Open the node and choose the operation from the list.',
			);
		},
		reportsProgress: false,
	});
}
