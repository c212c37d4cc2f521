import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { toLinqError } from '../shared/n8n/toNodeApiError';

/**
 * Returns a failed item for n8n's error output. All is under `error`: until 2.33 n8n takes an item with any other field
 * for a success, and one with an `error` beside its json is reduced to the bare message (n8n-core's
 * workflow-execute.ts).
 *
 * @param line the line that the item is about, as the user entered it
 */
export function toErrorItem(
	context: IExecuteSingleFunctions,
	error: unknown,
	line: string | null,
): INodeExecutionData {
	const { message, details } = toLinqError(error);
	return {
		json: {
			error: {
				message,
				description: details.description,
				line,
				source: details.source,
				retryable: details.retryable ?? false,
				http_status: details.httpStatus ?? null,
				code: details.code ?? null,
				doc_url: details.docUrl ?? null,
				trace_id: details.traceId ?? null,
			},
		},
		pairedItem: { item: context.getItemIndex() },
	};
}
