import type { IExecuteSingleFunctions, INodeProperties } from 'n8n-workflow';
import { parseE164 } from '../shared/linq/e164';
import { isRecord } from '../shared/linq/isRecord';
import { isLineId, parseLineId } from '../shared/linq/lineId';
import type { LineRef } from '../shared/linq/lineRef';
import { parseLineRef } from '../shared/linq/lineRef';
import { inputError } from '../shared/linq/linqError';
import { isEmpty } from '../shared/linq/plainText';

export const lineLocator: INodeProperties = {
	displayName: 'Line',
	name: 'line',
	type: 'resourceLocator',
	required: true,
	default: { mode: 'list', value: '' },
	description: 'The phone line whose call forwarding to update',
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
			hint: "The line's own number, with + and country code",
		},
		{
			displayName: 'By ID',
			name: 'id',
			type: 'string',
			placeholder: 'e.g. 550e8400-e29b-41d4-a716-446655440000',
			hint: "The line's ID, as returned by List",
		},
	],
};

/**
 * Parses an item's line. It ignores a locator's extraction rule: nothing else in a workflow's file may change what
 * becomes part of a request's path.
 *
 * @throws LinqError if it is no line
 */
export function parseLine(context: IExecuteSingleFunctions): LineRef {
	const { mode, value } = getStored(context);
	if (isEmpty(value)) {
		// In the other modes n8n lets nothing but an expression be empty.
		throw mode === 'list'
			? inputError(
					'No line selected',
					'Select a line from the list, or enter its phone number or ID.',
				)
			: inputError('The line is empty', 'The data has no phone number or ID for the line.');
	}
	if (isRecord(value)) {
		throw inputError(
			`The line is an object ${describeFields(value)}`,
			`Use one of its fields, the phone number or the ID, e.g. {{ $json.${mode === 'id' ? 'id' : 'phone_number'} }}.`,
		);
	}
	// A bare value, from an expression in place of the whole field, has no mode: its format decides.
	if (mode === undefined) return parseLineRef(value, 'The line');
	if (mode === 'number' && isLineId(value)) {
		throw inputError(
			`The line "${parseLineId(value)}" is an ID, not a phone number`,
			'Choose By ID to enter the ID, or enter the phone number with + and country code, e.g. +12025551234.',
		);
	}
	return mode === 'number'
		? { kind: 'number', number: parseE164(value, 'The line') }
		: { kind: 'id', id: parseLineId(value) };
}

/** Returns the line as the user entered it, valid or not, to identify a failed item; null if it is no text. */
export function rawLineInput(context: IExecuteSingleFunctions): string | null {
	const { value } = getStored(context);
	if (isEmpty(value)) return null;
	return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : null;
}

function getStored(context: IExecuteSingleFunctions): { mode?: unknown; value?: unknown } {
	const stored: unknown = context.getNodeParameter('line', '');
	const isLocator = isRecord(stored) && ('__rl' in stored || 'value' in stored);
	return isLocator ? stored : { value: stored };
}

/** Returns the names of an object's first fields, e.g. `with the fields id, phone_number`. */
function describeFields(value: Record<string, unknown>): string {
	const names = Object.keys(value);
	if (names.length === 0) return 'without fields';
	const shown = names.length > 5 ? [...names.slice(0, 5), '…'] : names;
	return `with the ${names.length === 1 ? 'field' : 'fields'} ${shown.join(', ')}`;
}
