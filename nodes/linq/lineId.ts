import { inputError } from './linqError';

/**
 * Reads a line's id, which becomes part of a request's path.
 *
 * @returns the UUID
 * @throws LinqError when it is anything else, such as `../chats`
 */
export function readLineId(value: unknown): string {
	const id = typeof value === 'string' ? value.trim() : '';
	if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) return id;
	throw inputError(
		`The line's ID ${id && `"${id}" `}is not a UUID`,
		'Enter the ID as the operation List returns it, e.g. 550e8400-e29b-41d4-a716-446655440000, or choose By Phone Number to enter the number.',
	);
}
