import { inputError } from './linqError';
import { quote, toPlainText } from './plainText';
import { TRUNK_PREFIXES, VALID_WITH_PREFIX } from './trunkPrefixes';

const EXAMPLE = 'e.g. +12025559999';

/** Between two groups of digits: spaces, or one dash or dot. */
const SEPARATOR = '(?: +|[.-])';

/** The country code, the area code perhaps in parentheses, and groups of digits. */
const WRITTEN = new RegExp(
	`^\\+(?:\\d+|\\d{1,3}${SEPARATOR}?\\(\\d+\\)${SEPARATOR}?\\d+)(?:${SEPARATOR}\\d+)*$`,
);

/** Numbers of the USA, Canada and other countries with the code +1, with or without the 1. */
const NORTH_AMERICAN = /^1?([2-9]\d{2}[2-9]\d{6})$/;

/** By trunk prefix: matches numbers that have it, split into the country code and the rest. */
const WITH_TRUNK_PREFIX = Object.entries(TRUNK_PREFIXES).map(([prefix, codes]) => ({
	prefix,
	pattern: new RegExp(`^\\+(${codes.replaceAll(' ', '|')})(${prefix}\\d*)$`),
}));

/**
 * Parses a phone number that a person or another app wrote. It rejects what may not be exactly one number: with a wrong
 * digit, calls go to somebody else.
 *
 * @param value what was entered, e.g. `+1 (202) 555-9999`
 * @param field the parameter's name as the user sees it
 * @returns the number in E.164, e.g. `+12025559999`
 * @throws LinqError if it is no phone number with a country code
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
	const written = toPlainText(text);
	const named = `${field} ${quote(written)}`;
	if (/^[\d\s().-]+$/.test(written)) {
		throw inputError(
			`${named} does not begin with + and the country code`,
			`Start with + and the country code, e.g. +442079460000.${northAmericanHint(written)}`,
		);
	}
	if (/\(\s*0/.test(written)) {
		throw inputError(
			`${named} has a 0 in parentheses`,
			`Write the number as it is dialed from abroad, ${EXAMPLE}: in most countries without this 0, in Italy with it, and without parentheses around it.`,
		);
	}
	const number = `+${written.replace(/\D/g, '')}`;
	// Spreadsheets append ".0" to a number.
	if (!WRITTEN.test(written) || /\.\d$/.test(written) || !/^\+[1-9]\d{6,14}$/.test(number)) {
		throw inputError(
			`${named} is not a phone number`,
			`Enter + and the country code, then the number, 7 to 15 digits in all, ${EXAMPLE}. Digit groups may be separated by a space, dash or dot, and the area code may be in parentheses. Letters and extensions are not allowed.`,
		);
	}
	if (number.startsWith('+1') && number.length !== 12) {
		throw inputError(
			`${named} has ${number.length - 2} digits after +1`,
			`Numbers with the country code +1 have ten digits after it, ${EXAMPLE}.`,
		);
	}
	if (/^\+1[01]/.test(number)) {
		throw inputError(
			`${named} has a ${number[2]} after +1`,
			`Area codes after +1 begin with 2 to 9, ${EXAMPLE}. Check the number, or its country code.`,
		);
	}
	const prefix = findTrunkPrefix(number);
	if (prefix !== undefined) {
		throw inputError(
			`${named} has ${prefix === '8' ? 'an' : 'a'} ${prefix} after the country code`,
			`Leave this ${prefix} out: it is only dialed inside the country. Write the number as it is dialed from abroad, ${EXAMPLE}.`,
		);
	}
	return number;
}

/** Returns the trunk prefix of a number (dialed inside the country only) if one follows its country code. */
function findTrunkPrefix(number: string): string | undefined {
	return WITH_TRUNK_PREFIX.find(({ pattern }) => {
		const [, code = '', rest = ''] = pattern.exec(number) ?? [];
		return rest !== '' && !VALID_WITH_PREFIX[code]?.test(rest);
	})?.prefix;
}

/** Returns what to write if a number without + may be one of the countries with the code +1. */
function northAmericanHint(written: string): string {
	const [, national] = NORTH_AMERICAN.exec(written.replace(/\D/g, '')) ?? [];
	return national === undefined ? '' : ` For a US or Canadian number, write +1${national}.`;
}
