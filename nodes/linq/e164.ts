import { LinqError } from './linqError';

const EXAMPLE = 'e.g. +12025559999';

/**
 * Reads a phone number that a person or another app wrote.
 *
 * @param value what was entered, e.g. `+1 (202) 555-9999`
 * @param field the parameter's name as the user sees it
 * @returns the number in E.164, e.g. `+12025559999`
 * @throws LinqError when it is no phone number with a country code
 * @see https://www.itu.int/rec/T-REC-E.164
 */
export function readE164(value: unknown, field: string): string {
	const text = typeof value === 'number' ? String(value) : value;
	if (typeof text !== 'string') {
		throw new LinqError(`${field} is not a phone number`, {
			description: `Enter a phone number with its country code as text, ${EXAMPLE}.`,
		});
	}
	const written = text.trim();
	if (/^[\d\s().-]+$/.test(written)) {
		throw new LinqError(`${field} "${written}" has no country code`, {
			description: `Start it with + and the country code, ${EXAMPLE}.`,
		});
	}
	// In "+44 (0)20 …" the zero is dialled inside the country only: stripping the brackets alone would make another number.
	if (/\(\s*0\s*\)/.test(written)) {
		throw new LinqError(`${field} "${written}" has a (0) in it`, {
			description: `Leave the (0) out, so that the country code is followed by the number as dialled from abroad, ${EXAMPLE}.`,
		});
	}
	const number = written.replace(/(?!^)[\s().\u2010-\u2015-]/g, '');
	if (!/^\+[1-9]\d{6,14}$/.test(number)) {
		throw new LinqError(`${field} "${written}" is not a phone number in E.164 format`, {
			description: `Enter + and the country code, then the number, 7 to 15 digits in all, ${EXAMPLE}. Spaces, dashes, dots and brackets are fine after the +; letters and extensions are not.`,
		});
	}
	return number;
}
