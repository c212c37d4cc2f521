/*
 * Writes nodes/shared/linq/trunkPrefixes.ts from the metadata of libphonenumber-js: `npm run generate:trunk-prefixes`.
 */
import { writeFileSync } from 'node:fs';
import metadata from 'libphonenumber-js/metadata.max.json';

export const GENERATED_FILE = 'nodes/shared/linq/trunkPrefixes.ts';

/** A region's numbers, as the library's METADATA.md describes its lists. */
interface Region {
	/** The prefix that is dialed inside the country. */
	prefix: string | undefined;
	/** What its valid numbers look like, without the country code: a pattern for each type of number. */
	patterns: string[];
}

/** Returns the content of the generated file. */
export function generateTrunkPrefixes(): string {
	const prefixes = new Map<string, string[]>();
	const exceptions: string[] = [];
	for (const [code, names] of Object.entries(metadata.country_calling_codes)) {
		const regions = names.map(readRegion);
		const found = new Set(regions.flatMap(({ prefix }) => prefix ?? []));
		if (found.size === 0) continue;
		const [prefix = '', another] = found;
		if (another !== undefined) throw new Error(`+${code} has more than one prefix`);
		prefixes.set(prefix, [...(prefixes.get(prefix) ?? []), code]);
		const valid = regions
			.flatMap(({ patterns }) => patterns)
			.flatMap(splitAlternatives)
			.filter((pattern) => canBeginWith(pattern, prefix));
		if (valid.length > 0) exceptions.push(`\t'${code}': /^(?:${[...new Set(valid)].join('|')})$/,`);
	}
	return [
		'// Generated from the metadata of libphonenumber-js by `npm run generate:trunk-prefixes`: do not edit.',
		'',
		'/** Prefixes that are dialed inside a country only, each with the country codes that have it. */',
		'export const TRUNK_PREFIXES: Readonly<Record<string, string>> = {',
		...[...prefixes].map(([prefix, codes]) => `\t'${prefix}': '${codes.join(' ')}',`),
		'};',
		'',
		'/** Numbers that begin with the same digits from abroad as well, by country code. */',
		'export const VALID_WITH_PREFIX: Readonly<Record<string, RegExp>> = {',
		...exceptions,
		'};',
		'',
	].join('\n');
}

function readRegion(name: string): Region {
	const region = Object.entries(metadata.countries).find(([one]) => one === name)?.[1];
	const fields: unknown[] = region ?? [];
	const [prefix, types] = [fields[5], fields[11]];
	if (!Array.isArray(types)) throw new Error(`No types of numbers in ${name}`);
	return {
		prefix: typeof prefix === 'string' ? prefix : undefined,
		patterns: types.flatMap((type: unknown) =>
			Array.isArray(type) && typeof type[0] === 'string' ? [type[0]] : [],
		),
	};
}

/** Splits a pattern at the bars outside of groups. */
function splitAlternatives(pattern: string): string[] {
	let depth = 0;
	const marked = pattern.replace(/[(|)]/g, (sign) => {
		if (sign === '|') return depth === 0 ? '\n' : sign;
		depth += sign === '(' ? 1 : -1;
		return sign;
	});
	return marked.split('\n');
}

/** Returns true if a number that the pattern matches can begin with the digits. */
function canBeginWith(pattern: string, digits: string): boolean {
	// With each digit optional at the end of the input, the pattern also matches beginnings.
	const beginning = pattern.replace(/\{[\d,]+\}|\\d|\[[^\]]+\]|\d/g, (atom) =>
		atom.startsWith('{') ? atom : `(?:${atom}|$)`,
	);
	return new RegExp(`^(?:${beginning})$`).test(digits);
}

if (require.main === module) writeFileSync(GENERATED_FILE, generateTrunkPrefixes());
