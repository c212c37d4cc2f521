import { inputError } from './linqError';
import { quote, toPlainText } from './plainText';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns true if a value is a line's ID, rather than its number. */
export function isLineId(value: unknown): value is string {
	return typeof value === 'string' && UUID.test(toPlainText(value));
}

/**
 * Parses a line's ID, which becomes part of a request's path.
 *
 * @returns the UUID
 * @throws LinqError if it is anything else, e.g. `../chats`
 */
export function parseLineId(value: unknown): string {
	if (isLineId(value)) return toPlainText(value);
	const shown = typeof value === 'string' ? `${quote(toPlainText(value))} ` : '';
	throw inputError(
		`The line's ID ${shown}is not a UUID`,
		'Enter the ID as returned by List Lines, e.g. 550e8400-e29b-41d4-a716-446655440000, or choose By Phone Number to enter the number.',
	);
}
