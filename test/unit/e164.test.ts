import { parseE164 } from '../../nodes/shared/linq/e164';
import { LinqError } from '../../nodes/shared/linq/linqError';

/** Numbers reserved for fiction, or of public offices, as people of each country write them. */
const accepted: Array<[country: string, number: string, ...written: string[]]> = [
	[
		'United States',
		'+12025557777',
		'+12025557777',
		'+1 202 555 7777',
		'+1 (202) 555-7777',
		'+1(202)555-7777',
		'+1-202-555-7777',
		'+1.202.555.7777',
		'+1 202.555.7777',
		' +1 202-555-7777\n',
		'+1\u00a0202\u2011555\u20117777',
		'\u202a+1 (202) 555-7777\u202c',
	],
	[
		'United States, with invisible characters',
		'+12025557777',
		'+12025557777\u200b',
		'\ufeff+1\u200d202\u2060555\u00ad7777',
		'+1 202\ufe0f 555 7777\u{e0100}',
		'\u115f\u1160\u3164\uffa0+12025557777',
		'+120255\u3164\uffa057777',
	],
	[
		'United States, with blanks and dashes of other kinds',
		'+12025557777',
		'+1\u1680202\u2007555\u30007777',
		'+1\t202\t555\t7777',
		'\t+1 \u00a0 202 555 7777\n\n',
		'+1\u2212202\u2013555\u20147777',
		'+1\uff0d202\ufe58555\ufe637777',
	],
	[
		'United States, with digits of other kinds',
		'+12025557777',
		'+١٢٠٢٥٥٥٧٧٧٧',
		'+۱ ۲۰۲ ۵۵۵ ۷۷۷۷',
		'+१ २०२ ५५५ ७७७७',
		'＋１　（２０２）　５５５－７７７７',
		'+\u{1d7cf}\u{1d7da}\u{1d7e2}\u{1d7ee}\u{1d7fb}55\u{1d7fd}777',
	],
	['Russia, area codes that begin with an 8', '+78121234567', '+7 812 123 45 67'],
	['Russia, called without charge', '+78005553535', '+7 800 555-35-35'],
	['Hungary', '+3612345678', '+36 1 234 5678'],
	['San Marino', '+3780549886000', '+378 0549 886000'],
	['Gabon', '+24101441234', '+241 01 44 12 34'],
	[
		'Germany',
		'+4930123456',
		'+49 30 123456',
		'+49 (30) 123456',
		'+49-30-123456',
		'+49 30 12 34 56',
	],
	['Germany, an extension by its norm', '+493012345622', '+49 30 123456-22'],
	['United Kingdom', '+442079460000', '+44 20 7946 0000', '+44 (20) 7946 0000', '+442079460000'],
	['France', '+33123456789', '+33 1 23 45 67 89', '+33 1.23.45.67.89', '+33-1-23-45-67-89'],
	['Italy, with its zero', '+390612345678', '+39 06 1234 5678', '+39 06 12345678'],
	['Brazil', '+5511912345678', '+55 (11) 91234-5678', '+55 11 91234 5678'],
	['India', '+919876543210', '+91 98765 43210', '+91-98765-43210', '+919876543210'],
	['Japan', '+81312345678', '+81 3-1234-5678', '+81-3-1234-5678', '+81 3 1234 5678'],
	['Australia', '+61293744000', '+61 2 9374 4000', '+61 (2) 9374 4000'],
	['Mexico', '+525512345678', '+52 55 1234 5678', '+52 (55) 1234-5678'],
	['Ivory Coast, with its zero', '+2250101020304', '+225 01 01 02 03 04'],
	['Israel', '+97231234567', '+972-3-123-4567', '+972 3 123 4567'],
];

const rejected: Array<[written: unknown, words: string]> = [
	['2025557777', 'does not begin with + and the country code'],
	[2025557777, 'does not begin with + and the country code'],
	['(202) 555-7777', 'does not begin with + and the country code'],
	['030 123456', 'does not begin with + and the country code'],
	['0049 30 123456', 'does not begin with + and the country code'],
	['12025557777.0', 'does not begin with + and the country code'],
	// Digits that are not part of the number.
	['+1 202 555 7777 (5)', 'is not a phone number'],
	['+1 (202) 555-7777 - 22', 'is not a phone number'],
	['+1 202 555 7777 ext. 5', 'is not a phone number'],
	['+1 202 555 7777 x5', 'is not a phone number'],
	['+1 202 555 7777;ext=5', 'is not a phone number'],
	['+1 202 555 7777 #5', 'is not a phone number'],
	['+1 202 555 7777, 5', 'is not a phone number'],
	['+12025557777.0', 'is not a phone number'],
	['+4930123456.0', 'is not a phone number'],
	['+49 30 123456/57', 'is not a phone number'],
	['+12025557777 +12025558888', 'is not a phone number'],
	['+12025557777\n+12025558888', 'is not a phone number'],
	['+1 202 555 777', 'has 9 digits after +1'],
	['+1 202 555 7777 5', 'has 11 digits after +1'],
	['+1 202 555 7777-5', 'has 11 digits after +1'],
	// No area code begins like this.
	['+1 020 555 7777', 'has a 0 after +1'],
	['+1 120 255 5777', 'has a 1 after +1'],
	// A zero that is dialed inside the country only.
	['+44 (0)20 7946 0000', 'has a 0 in parentheses'],
	['+49 (0 30) 123456', 'has a 0 in parentheses'],
	['+49 (030) 123456', 'has a 0 in parentheses'],
	['+39 (06) 12345678', 'has a 0 in parentheses'],
	['+44 020 7946 0000', 'has a 0 after the country code'],
	['+49030123456', 'has a 0 after the country code'],
	['+33 01 23 45 67 89', 'has a 0 after the country code'],
	['+61 02 9374 4000', 'has a 0 after the country code'],
	['+91-098765-43210', 'has a 0 after the country code'],
	['+972-03-123-4567', 'has a 0 after the country code'],
	// Other prefixes of this kind.
	['+36 06 1 234 5678', 'has a 06 after the country code'],
	['+7 8 301 555 12 34', 'has an 8 after the country code'],
	['+7 8 (301) 555-12-34', 'is not a phone number'],
	['+7 8 800 555-35-35', 'has an 8 after the country code'],
	['+375 8 029 491-19-11', 'has an 8 after the country code'],
	// Separators that separate nothing, or parentheses around something else.
	['+1 202--555-7777', 'is not a phone number'],
	['+1 202 555 7777 -', 'is not a phone number'],
	['+ 1 202 555 7777', 'is not a phone number'],
	['+(1) 202 555 7777', 'is not a phone number'],
	['(+1) 202 555 7777', 'is not a phone number'],
	['+1 202 (555) 7777', 'is not a phone number'],
	['+1 ((202)) 555 7777', 'is not a phone number'],
	['+1 (202 555 7777', 'is not a phone number'],
	['++12025557777', 'is not a phone number'],
	// Numbers that cannot be dialed.
	['+0 202 555 7777', 'is not a phone number'],
	['+123456', 'is not a phone number'],
	['+4912345678901234', 'is not a phone number'],
	['+1 202 555 CALL', 'is not a phone number'],
	['tel:+12025557777', 'is not a phone number'],
	['+', 'is not a phone number'],
	[1.2025557777e25, 'is not a phone number'],
	[{ number: 1 }, 'is not a phone number'],
	[['+12025557777'], 'is not a phone number'],
	[true, 'is not a phone number'],
];

/** How the message shows unprintable characters. */
const named: Array<[written: string, words: string]> = [
	[
		'+1202\u00075557777',
		'"+1202\ufffd5557777" with U+0007 after the 4th digit is not a phone number',
	],
	['\u0000+12025557777', '"\ufffd+12025557777" with U+0000 before the first digit is not'],
	[
		'+1\u0001202555777\u0002\u20287',
		'U+0001 after the 1st digit, U+0002 after the 10th digit, U+2028',
	],
	['+12\ud800025557777', 'with U+D800 after the 2nd digit'],
	['+120\ue00025557777', 'with U+E000 after the 3rd digit'],
	['+12025557777\n+12025558888', 'with U+000A after the 11th digit'],
	['202\u200b5557777', '"2025557777" does not begin with +'],
	['+1202555777\u200b', '"+1202555777" has 9 digits after +1'],
];

describe('A phone number that a person wrote', () => {
	it.each(
		accepted.flatMap(([country, number, ...written]) =>
			written.map((one) => [country, one, number] as const),
		),
	)('%s: %j is parsed as %s', (_, written, number) => {
		expect(parseE164(written, 'The number')).toBe(number);
	});

	it.each(rejected)('%j is rejected: %s', (written, words) => {
		const parse = () => parseE164(written, 'The number');
		expect(parse).toThrow(LinqError);
		expect(parse).toThrow(`The number`);
		expect(parse).toThrow(words);
	});

	it.each(named)('the error for %j shows %s', (written, words) => {
		expect(() => parseE164(written, 'The number')).toThrow(words);
	});

	it.each([
		['2025557777', '+12025557777'],
		[12025557777, '+12025557777'],
		['(202) 555-7777', '+12025557777'],
		['1-202-555-7777', '+12025557777'],
		['030 123456', undefined],
		['0044 20 7946 0000', undefined],
		['202555777', undefined],
		['1202555777', undefined],
	])('the error for %j suggests %s', (written, number) => {
		const { description } = rejection(written).details;
		if (number === undefined) expect(description).not.toContain('US or Canadian');
		else expect(description).toContain(`For a US or Canadian number, write ${number}.`);
	});
});

/** Returns the error for a number that is rejected. */
function rejection(written: unknown): LinqError {
	try {
		parseE164(written, 'The number');
	} catch (error) {
		if (error instanceof LinqError) return error;
	}
	throw new Error('It was accepted');
}
