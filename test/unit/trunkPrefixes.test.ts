import { readFileSync } from 'node:fs';
import examples from 'libphonenumber-js/examples.mobile.json';
import metadata from 'libphonenumber-js/metadata.max.json';
import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { parseE164 } from '../../nodes/shared/linq/e164';
import { TRUNK_PREFIXES, VALID_WITH_PREFIX } from '../../nodes/shared/linq/trunkPrefixes';
import { GENERATED_FILE, generateTrunkPrefixes } from '../generateTrunkPrefixes';

const prefixOf = new Map(
	Object.entries(TRUNK_PREFIXES).flatMap(([prefix, codes]) =>
		codes.split(' ').map((code) => [code, prefix] as const),
	),
);

/** The countries' example numbers, and variants with each digit in each position. */
const numbers = Object.entries(metadata.country_calling_codes).flatMap(([code, regions]) =>
	regions.flatMap((region) => {
		const example = Object.entries(examples).find(([name]) => name === region)?.[1];
		return example === undefined
			? []
			: { region, code, nationals: [example, ...variants(example)] };
	}),
);

function variants(example: string): string[] {
	return Array.from(example, (_, position) =>
		Array.from(
			'0123456789',
			(digit) => example.slice(0, position) + digit + example.slice(position + 1),
		),
	).flat();
}

function isValid(number: string): boolean {
	const parsed = parsePhoneNumberFromString(number);
	// The library itself drops a trunk prefix, and calls the rest valid.
	return parsed?.number === number && parsed.isValid();
}

/** Returns the parsed number, or the message of the error. */
function parse(number: string): string {
	try {
		return parseE164(number, 'The number');
	} catch (error) {
		return error instanceof Error ? error.message : '';
	}
}

describe('Trunk prefixes', () => {
	it('are those of the library', () => {
		expect(readFileSync(GENERATED_FILE, 'utf8')).toBe(generateTrunkPrefixes());
	});

	it('are tested for all countries of the library', () => {
		expect(numbers.length).toBeGreaterThan(230);
		for (const code of ['39', '378', '225', '241']) expect(prefixOf.has(code)).toBe(false);
	});

	it.each(numbers)('$region: no valid number is rejected', ({ code, nationals }) => {
		const valid = nationals.map((national) => `+${code}${national}`).filter(isValid);
		expect(valid).not.toEqual([]);
		expect(valid.map(parse)).toEqual(valid);
	});

	it.each(numbers)('$region: a number with the prefix is rejected', ({ code, nationals }) => {
		const prefix = prefixOf.get(code);
		if (prefix === undefined || code === '1') return;
		for (const national of nationals.filter((one) => isValid(`+${code}${one}`))) {
			const number = `+${code}${prefix}${national}`;
			// A longer number of the same country.
			if (isValid(number)) expect(parse(number)).toBe(number);
			else expect(parse(number)).toContain(` ${prefix} after the country code`);
		}
	});

	it.each([
		['7', '8005553535'],
		['62', '0078031234567'],
		['66', '0018001234567'],
		['81', '0037123456'],
		['82', '00308123456'],
		['91', '0008001234567'],
		['250', '06000000'],
		['359', '008001234567'],
		['375', '8011234567'],
		['598', '0004123456'],
	])(
		'+%s: %s begins with the prefix and is accepted, because it is a valid number',
		(code, national) => {
			const number = `+${code}${national}`;
			expect(national.startsWith(prefixOf.get(code) ?? 'none')).toBe(true);
			expect(isValid(number)).toBe(true);
			expect(parse(number)).toBe(number);
		},
	);

	it('do not exist with +1, where no number begins with 0 or 1', () => {
		const regions = numbers.filter(({ code }) => code === '1');
		expect(regions.length).toBeGreaterThan(20);
		for (const { nationals } of regions) {
			for (const national of nationals) {
				for (const digit of ['0', '1']) {
					const number = `+1${digit}${national.slice(1)}`;
					expect(isValid(number)).toBe(false);
					expect(parse(number)).toContain(` has a ${digit} after +1`);
				}
			}
		}
	});

	it('have exceptions for ten country codes', () => {
		expect(Object.keys(VALID_WITH_PREFIX)).toHaveLength(10);
	});
});
