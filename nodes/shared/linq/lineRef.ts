import { parseE164 } from './e164';
import { isLineId, parseLineId } from './lineId';
import { inputError } from './linqError';
import { isEmpty } from './plainText';

/** A line as the user named it. */
export type LineRef = { kind: 'id'; id: string } | { kind: 'number'; number: string };

/**
 * Parses a line that is given by phone number or ID, whichever it is.
 *
 * @param field the parameter's name as the user sees it
 * @throws LinqError if it is neither
 */
export function parseLineRef(value: unknown, field: string): LineRef {
	return isLineId(value)
		? { kind: 'id', id: parseLineId(value) }
		: { kind: 'number', number: parseE164(value, field) };
}

/**
 * Parses a list of lines; a single line counts as a list.
 *
 * @throws LinqError if one of them is neither a phone number nor an ID, or the value is empty
 */
export function parseLineRefs(value: unknown, field: string): LineRef[] {
	if (isEmpty(value)) {
		throw inputError(
			`${field} is empty`,
			'Choose lines from the list, or none to get all. If it comes from an expression, the expression found nothing for this item.',
		);
	}
	const values: unknown[] = Array.isArray(value) ? value : [value];
	return values.map((one) => parseLineRef(one, field));
}
