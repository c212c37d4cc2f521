import type { INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { LinqError } from '../linq/linqError';

/** Any thrown value as a failure in words for the user. */
export function asLinqError(error: unknown): LinqError {
	if (error instanceof LinqError) return error;
	return new LinqError(error instanceof Error ? error.message : 'The node failed', {
		description: 'This is a fault of the node: please report it with what you entered.',
		fault: 'n8n',
	});
}

/**
 * The failure as n8n shows it.
 *
 * @param account how far the run came, added to what the user can do
 */
export function nodeApiError(
	node: INode,
	error: unknown,
	itemIndex?: number,
	account = '',
): NodeApiError {
	const { message, details } = asLinqError(error);
	return new NodeApiError(
		node,
		{ message },
		{
			message,
			description: [account, details.description].filter(Boolean).join(' '),
			httpCode: details.httpCode,
			itemIndex,
		},
	);
}
