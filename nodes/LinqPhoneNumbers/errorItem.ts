import type { IExecuteSingleFunctions, INodeExecutionData } from 'n8n-workflow';
import { toLinqError } from '../shared/n8n/toNodeApiError';

/**
 * Returns a failed item for n8n's error output. Everything is under `error`: n8n-core's workflow-execute.ts takes an
 * item with another field for a success before 2.33, and reduces an `error` beside the json to its message.
 *
 * @param line the line that the item is about, as the user entered it; null if there is none
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
