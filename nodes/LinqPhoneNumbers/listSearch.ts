import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { getForwardingNumber } from '../shared/linq/phoneNumber';
import { toPlainText } from '../shared/linq/plainText';
import { getLineOptions } from '../shared/n8n/lineOptions';

/**
 * Returns the entries of the line picker, those that contain what was typed: each line's number, its reputation and the
 * number that its calls go to. All is in the name, for n8n's editor shows no description there (its
 * ResourceLocatorDropdown.vue).
 */
export async function searchLines(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const entries = (await getLineOptions(this)).map(({ name, line }) => {
		const forwardingNumber = getForwardingNumber(line);
		return { name: forwardingNumber ? `${name} → ${forwardingNumber}` : name, value: line.id };
	});
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
