import { parseE164 } from '../../nodes/shared/linq/e164';
import { LinqError } from '../../nodes/shared/linq/linqError';

/** Numbers set aside for fiction, or of public offices, as people of each country write them. */
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

const refused: Array<[written: unknown, words: string]> = [
	['2025557777', 'does not begin with + and the country code'],
	[2025557777, 'does not begin with + and the country code'],
	['(202) 555-7777', 'does not begin with + and the country code'],
	['030 123456', 'does not begin with + and the country code'],
	['0049 30 123456', 'does not begin with + and the country code'],
	['12025557777.0', 'does not begin with + and the country code'],
	// Digits that are not the number's.
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
	// A zero that is dialled inside the country only.
	['+44 (0)20 7946 0000', 'has a 0 in brackets'],
	['+49 (0 30) 123456', 'has a 0 in brackets'],
	['+49 (030) 123456', 'has a 0 in brackets'],
	['+39 (06) 12345678', 'has a 0 in brackets'],
	['+44 020 7946 0000', 'has a 0 after the country code'],
	['+49030123456', 'has a 0 after the country code'],
	['+33 01 23 45 67 89', 'has a 0 after the country code'],
	['+61 02 9374 4000', 'has a 0 after the country code'],
	['+91-098765-43210', 'has a 0 after the country code'],
	['+972-03-123-4567', 'has a 0 after the country code'],
	// Separators that separate nothing, or brackets around something else.
	['+1 202--555-7777', 'is not a phone number'],
	['+1 202 555 7777 -', 'is not a phone number'],
	['+ 1 202 555 7777', 'is not a phone number'],
	['+(1) 202 555 7777', 'is not a phone number'],
	['(+1) 202 555 7777', 'is not a phone number'],
	['+1 202 (555) 7777', 'is not a phone number'],
	['+1 ((202)) 555 7777', 'is not a phone number'],
	['+1 (202 555 7777', 'is not a phone number'],
	['++12025557777', 'is not a phone number'],
	// No number that can be dialled.
	['+0 202 555 7777', 'is not a phone number'],
	['+123456', 'is not a phone number'],
	['+4912345678901234', 'is not a phone number'],
	['+1 202 555 CALL', 'is not a phone number'],
	['tel:+12025557777', 'is not a phone number'],
	['+١٢٠٢٥٥٥٧٧٧٧', 'is not a phone number'],
	['+', 'is not a phone number'],
	[1.2025557777e25, 'is not a phone number'],
	[{ number: 1 }, 'is not a phone number'],
	[['+12025557777'], 'is not a phone number'],
	[true, 'is not a phone number'],
];

describe('A phone number that a person wrote', () => {
	it.each(
		accepted.flatMap(([country, number, ...written]) =>
			written.map((one) => [country, one, number] as const),
		),
	)('%s: %j is %s', (_, written, number) => {
		expect(parseE164(written, 'The number')).toBe(number);
	});

	it.each(refused)('%j %s', (written, words) => {
		const read = () => parseE164(written, 'The number');
		expect(read).toThrow(LinqError);
		expect(read).toThrow(`The number`);
		expect(read).toThrow(words);
	});
});
