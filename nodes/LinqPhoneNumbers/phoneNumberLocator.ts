import type {
	IExecuteSingleFunctions,
	ILoadOptionsFunctions,
	INodeListSearchResult,
	INodeProperties,
} from 'n8n-workflow';
import { readE164 } from '../linq/e164';
import { isLineId, readLineId } from '../linq/lineId';
import { inputError } from '../linq/linqError';
import { isRecord } from '../linq/record';
import { lineChoices } from '../n8n/lineChoices';

/** The line as the user named it. */
export type LineReference = { by: 'id'; id: string } | { by: 'number'; number: string };

export const phoneNumberLocator: INodeProperties = {
	displayName: 'Line',
	name: 'phoneNumber',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description: 'The phone line whose inbound calls are to be forwarded',
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			placeholder: 'Select a line…',
			typeOptions: { searchListMethod: 'searchLines', searchable: true },
		},
		{
			displayName: 'By Phone Number',
			name: 'number',
			type: 'string',
			placeholder: 'e.g. +12025551234',
			hint: "The line's own number with + and country code",
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 550e8400-e29b-41d4-a716-446655440000',
			hint: "The line's ID, as the operation List returns it",
		},
	],
};

/**
 * Reads an item's line. The stored value is looked at as it is: no extraction rule in a workflow's file can
 * change what reaches the path of a request.
 *
 * @throws LinqError when it names no line
 */
export function readLineReference(context: IExecuteSingleFunctions): LineReference {
	const { mode, value } = readStored(context);
	if (value === undefined || value === null || (typeof value === 'string' && value.trim() === '')) {
		throw inputError(
			'No line is chosen',
			'Choose the line from the list, or enter its phone number or ID. If it comes from an expression, the expression found nothing for this item.',
		);
	}
	// A bare value, as an expression in place of the whole field gives it, says itself what it is.
	const byNumber = mode === 'number' || (mode === undefined && !isLineId(value));
	return byNumber
		? { by: 'number', number: readE164(value, 'The line') }
		: { by: 'id', id: readLineId(value) };
}

/** The line as the user entered it, to find a failed item by: also when it is not a valid one. */
export function lineAsEntered(context: IExecuteSingleFunctions): string {
	const { value } = readStored(context);
	return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

function readStored(context: IExecuteSingleFunctions): { mode?: unknown; value?: unknown } {
	const stored: unknown = context.getNodeParameter('phoneNumber', '');
	return isRecord(stored) ? stored : { value: stored };
}

/** The picker's entries: each line's number and reputation, those that contain what was typed. */
export async function searchLines(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const entries = (await lineChoices(this)).map(({ name, line }) => ({ name, value: line.id }));
	return { results: filter ? entries.filter(({ name }) => matches(name, filter)) : entries };
}

/** Whether a name has what was typed in it, however the number or the words are separated. */
function matches(name: string, typed: string): boolean {
	const bare = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
	return bare(name).includes(bare(typed));
}
