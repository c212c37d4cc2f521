import type { FunctionsBase, INode } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { LinqError } from '../linq/linqError';

/** Returns any thrown value as a LinqError. */
export function toLinqError(error: unknown): LinqError {
	if (error instanceof LinqError) return error;
	return new LinqError(error instanceof Error ? error.message : 'The node failed', {
		description: 'This is a bug in the node. Please report it with the values you entered.',
		source: 'n8n',
	});
}

/**
 * Returns a failure as n8n shows it.
 *
 * @param progress how far the run came, to begin the description with
 */
export function toNodeApiError(
	node: INode,
	error: unknown,
	itemIndex?: number,
	progress = '',
): NodeApiError {
	const { message, details } = toLinqError(error);
	return new NodeApiError(
		node,
		{ message },
		{
			message,
			description: [progress, details.description].filter(Boolean).join(' '),
			httpCode: details.httpStatus === undefined ? undefined : String(details.httpStatus),
			itemIndex,
		},
	);
}

/** Returns a function for `catch` that throws a failure as n8n shows it. */
export function throwAt(context: FunctionsBase): (error: unknown) => never {
	return (error) => {
		throw toNodeApiError(context.getNode(), error);
	};
}
