import { inputError } from './linqError';
import { quote, toPlainText } from './plainText';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether a value is a line's id, rather than its number. */
export function isLineId(value: unknown): value is string {
	return typeof value === 'string' && UUID.test(toPlainText(value));
}

/**
 * Reads a line's id, which becomes part of a request's path.
 *
 * @returns the UUID
 * @throws LinqError when it is anything else, such as `../chats`
 */
export function parseLineId(value: unknown): string {
	if (isLineId(value)) return toPlainText(value);
	const id = typeof value === 'string' ? toPlainText(value) : '';
	throw inputError(
		`The line's ID ${id && `${quote(id)} `}is not a UUID`,
		'Enter the ID as the operation List returns it, e.g. 550e8400-e29b-41d4-a716-446655440000, or choose By Phone Number to enter the number.',
	);
}
