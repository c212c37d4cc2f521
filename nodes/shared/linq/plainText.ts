/** Characters that nobody sees: marks of the writing direction, soft hyphens, variation selectors, fillers. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Characters without a recognizable glyph: control characters, line breaks, the blank Braille pattern. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\u2800]/gu;

/** Returns a text as it would be typed on a plain keyboard: without invisible characters, with ASCII digits and signs. */
export function toPlainText(text: string): string {
	return (
		text
			.replace(INVISIBLE, '')
			// The fullwidth forms of ASCII, in its order.
			.replace(/[\uff01-\uff5e]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
			.replace(/[\p{Zs}\t]/gu, ' ')
			.replace(/[\p{Pd}\u2212]/gu, '-')
			.replace(/\p{Nd}/gu, toAsciiDigit)
			.trim()
	);
}

/** Returns true if there is no value, or only a text that shows nothing. */
export function isEmpty(value: unknown): boolean {
	return (
		value === undefined ||
		value === null ||
		(typeof value === 'string' && toPlainText(value) === '')
	);
}

/** Returns a text in quotation marks, then the names of unprintable characters, e.g. `U+0007 after the 4th digit`. */
export function quote(text: string): string {
	const names = [...text.matchAll(UNPRINTABLE)].map(({ 0: char, index }) => {
		const code = char.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0') ?? '';
		const digits = text.slice(0, index).replace(/\D/g, '').length;
		return `U+${code} ${digits === 0 ? 'before the first digit' : `after the ${ordinal(digits)} digit`}`;
	});
	const named = names.length > 0 ? ` with ${names.slice(0, 3).join(', ')}` : '';
	return `"${text.replace(UNPRINTABLE, '\ufffd')}"${named}`;
}

function ordinal(number: number): string {
	const suffixes: Record<string, string> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };
	const rule = new Intl.PluralRules('en', { type: 'ordinal' }).select(number);
	return `${number}${suffixes[rule] ?? ''}`;
}

/** Returns a digit of any script in ASCII: Unicode has those of each script in a row, 0 first. */
function toAsciiDigit(digit: string): string {
	const code = digit.codePointAt(0) ?? 0;
	let value = 0;
	while (/\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value++;
	return String(value % 10);
}
