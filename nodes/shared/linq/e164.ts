import { inputError } from './linqError';

const EXAMPLE = 'e.g. +12025559999';

/** What may stand between two groups of digits: blanks, or one dash or dot. */
const SEPARATOR = '(?:[ \\u00a0\\u2009\\u202f]+|[.\\u2010-\\u2015-])';

/** The country code, the area code perhaps in brackets, and groups of digits. */
const WRITTEN = new RegExp(
	`^\\+(?:\\d+|\\d{1,3}${SEPARATOR}?\\(\\d+\\)${SEPARATOR}?\\d+)(?:${SEPARATOR}\\d+)*$`,
);

/** What phones put around a number that is copied from them: marks of the writing direction. */
const DIRECTION_MARKS =
	/^[\u200e\u200f\u202a-\u202e\u2066-\u2069]+|[\u200e\u200f\u202a-\u202e\u2066-\u2069]+$/g;

/**
 * Countries in which the 0 before an area code is dialled inside the country only. Not among them: Italy and others
 * whose numbers begin with a 0 from abroad as well.
 */
const COUNTRIES_WITH_TRUNK_ZERO =
	'20 27 31 32 33 40 41 43 44 46 49 51 53 54 55 57 58 60 61 62 63 64 66 81 82 84 86 90 91 92 93 94 95 98 ' +
	'211 212 213 218 231 232 233 234 243 249 251 252 254 255 256 260 261 262 263 264 265 291 353 355 358 359 ' +
	'370 373 374 377 380 381 382 383 385 386 387 389 421 423 508 590 591 593 594 595 596 850 855 856 880 886 ' +
	'961 962 963 964 966 967 970 971 972 976 977 994 995 996';
const TRUNK_ZERO = new RegExp(`^\\+(?:${COUNTRIES_WITH_TRUNK_ZERO.replaceAll(' ', '|')})0[1-9]`);

/**
 * Reads a phone number that a person or another app wrote. What is not surely one number is refused: a digit too
 * many or too few, and calls go to somebody else.
 *
 * @param value what was entered, e.g. `+1 (202) 555-9999`
 * @param field the parameter's name as the user sees it
 * @returns the number in E.164, e.g. `+12025559999`
 * @throws LinqError when it is no phone number with a country code
 * @see https://www.itu.int/rec/T-REC-E.164
 */
export function parseE164(value: unknown, field: string): string {
	const text = typeof value === 'number' ? String(value) : value;
	if (typeof text !== 'string') {
		throw inputError(
			`${field} is not a phone number`,
			`Enter a phone number with its country code as text, ${EXAMPLE}.`,
		);
	}
	const written = text.trim().replaceAll(DIRECTION_MARKS, '').trim();
	if (/^[\d\s().-]+$/.test(written)) {
		throw inputError(
			`${field} "${written}" does not begin with + and the country code`,
			`Write the number as it is dialled from abroad, ${EXAMPLE}.`,
		);
	}
	if (/\(\s*0/.test(written)) {
		throw inputError(
			`${field} "${written}" has a 0 in brackets`,
			`Write the number as it is dialled from abroad, ${EXAMPLE}: in most countries without this 0, in Italy with it, and without brackets around it.`,
		);
	}
	const number = `+${written.replace(/\D/g, '')}`;
	// ".0" is what spreadsheets put behind a number.
	if (!WRITTEN.test(written) || /\.\d$/.test(written) || !/^\+[1-9]\d{6,14}$/.test(number)) {
		throw inputError(
			`${field} "${written}" is not a phone number in E.164 format`,
			`Enter + and the country code, then the number, 7 to 15 digits in all, ${EXAMPLE}. Between groups of digits may stand a blank, a dash or a dot, and brackets around the area code; letters and extensions may not.`,
		);
	}
	if (number.startsWith('+1') && number.length !== 12) {
		throw inputError(
			`${field} "${written}" has ${number.length - 2} digits after +1`,
			`Numbers with the country code +1 have ten digits after it, ${EXAMPLE}.`,
		);
	}
	if (TRUNK_ZERO.test(number)) {
		throw inputError(
			`${field} "${written}" has a 0 after the country code`,
			`Leave this 0 out: it is dialled inside the country only. Write the number as it is dialled from abroad, ${EXAMPLE}.`,
		);
	}
	return number;
}
