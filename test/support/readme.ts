import { readFileSync } from 'node:fs';

const [, ...headingsAndTexts] = readFileSync('README.md', 'utf8').split(/^#+ (.+)\n/m);

/** The README's sections by their headings, each up to the next heading. */
export const sections = new Map(
	headingsAndTexts.flatMap((heading, index) =>
		index % 2 === 0 ? [[heading, headingsAndTexts[index + 1] ?? '']] : [],
	),
);

/** Returns the rows of the table in a section whose first column has this title. */
export function tableRows(heading: string, firstColumn: string): string[][] {
	const [, ...tables] = (sections.get(heading) ?? '').split(/^(?=\| .+\n\| -)/m);
	const [, , ...rows] =
		tables.find((table) => table.startsWith(`| ${firstColumn} `))?.match(/^\|.+\|$/gm) ?? [];
	if (rows.length === 0) throw new Error(`The README has no such table under ${heading}`);
	return rows.map((row) =>
		row
			.slice(1, -1)
			.split('|')
			.map((cell) => cell.trim()),
	);
}
