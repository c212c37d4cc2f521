import { inputError } from '../linq/linqError';
import { isRecord } from '../linq/isRecord';

/*
 * Parsers of a parameter's value: the editor returns the right type, an expression anything. A value whose meaning is
 * clear is accepted; any other is an error, because a guess would silently give a wrong result.
 */

/** Parses a collection of fields. n8n drops an expression in its place today; if it did not, it must not be ignored. */
export function parseObject(value: unknown, field: string): Record<string, unknown> {
	if (isRecord(value)) return value;
	throw inputError(
		`${field} is not an object`,
		`Remove the expression from ${field}, and set its fields one by one.`,
	);
}

/** Parses a boolean, or its name as a string, in capitals too as spreadsheets write it. */
export function parseBoolean(value: unknown, field: string): boolean {
	const named = typeof value === 'string' ? value.trim().toLowerCase() : value;
	if (named === true || named === 'true') return true;
	if (named === false || named === 'false') return false;
	throw inputError(
		`${field} is neither true nor false`,
		`Turn ${field} on or off, or let the expression return true or false.`,
	);
}

/** Parses an integer within bounds, or a string of digits. */
export function parseInteger(
	value: unknown,
	field: string,
	{ min, max = Infinity }: { min: number; max?: number },
): number {
	const number = typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : value;
	if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) {
		return number;
	}
	const range = max === Infinity ? `of ${min} or more` : `from ${min} to ${max}`;
	throw inputError(`${field} is not a whole number ${range}`, `Enter a whole number ${range}.`);
}

/** Parses one of several values. */
export function parseOption<const T extends string>(
	value: unknown,
	field: string,
	choices: readonly T[],
): T {
	const choice = choices.find((one) => one === value);
	if (choice !== undefined) return choice;
	throw inputError(
		`${field} is not one of ${choices.join(', ')}`,
		`Choose it from the list, or let the expression return one of ${choices.join(', ')}.`,
	);
}

/** Parses a list of values, each one of several; a single value counts as a list. */
export function parseOptions<const T extends string>(
	value: unknown,
	field: string,
	choices: readonly T[],
): T[] {
	const values: unknown[] = Array.isArray(value) ? value : [value];
	try {
		return values.map((one) => parseOption(one, field, choices));
	} catch {
		throw inputError(
			`${field} is not a list of ${choices.join(', ')}`,
			`Choose from the list, or let the expression return a list, e.g. {{ ["${choices.slice(0, 2).join('", "')}"] }}.`,
		);
	}
}
