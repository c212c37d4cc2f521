import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { toPlainText } from '../shared/linq/plainText';
import { getLineOptions } from '../shared/n8n/lineOptions';

/** Returns the entries of the line picker: each line's number and reputation, those that contain what was typed. */
export async function searchLines(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const entries = (await getLineOptions(this)).map(({ name, line }) => ({ name, value: line.id }));
	return { results: filter ? entries.filter(({ name }) => matches(name, filter)) : entries };
}

/** Returns true if a name contains what was typed, however the number or the words are separated. */
function matches(name: string, typed: string): boolean {
	const bare = (text: string) =>
		toPlainText(text)
			.toLowerCase()
			.replace(/[^\p{L}\p{N}]/gu, '');
	return bare(name).includes(bare(typed));
}
