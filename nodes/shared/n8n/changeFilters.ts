import type { INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import type { LineRef } from '../linq/lineRef';
import { parseLineRefs } from '../linq/lineRef';
import { inputError } from '../linq/linqError';
import { REPUTATIONS } from '../linq/reputation';
import { parseOptions } from './parameters';
import { reputationOptions } from './reputationOptions';

/** Both triggers' event for a change of reputation. */
export const reputationEvent: INodePropertyOptions = {
	name: 'Reputation',
	value: 'reputation',
	description: 'How carriers rate the line: healthy, at risk or critical',
};

/** Both triggers' field for the reputations that a change must lead to. */
export const newReputationField: INodeProperties = {
	displayName: 'New Reputation',
	name: 'newReputation',
	type: 'multiOptions',
	options: reputationOptions,
	default: [],
	description: 'Only trigger if the new reputation is one of these. Leave empty for any.',
};

/** Both triggers' field for the lines that are watched. */
export const linesField: INodeProperties = {
	displayName: 'Line Names or IDs',
	name: 'lines',
	type: 'multiOptions',
	typeOptions: { loadOptionsMethod: 'getLines' },
	default: [],
	description:
		'Only these lines, by phone number or ID. Leave empty for all. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
};

/**
 * Parses the value of Events.
 *
 * @param kinds the changes that the trigger knows
 * @throws LinqError if none of them is selected, e.g. because an expression found nothing
 */
export function parseEvents<const T extends string>(value: unknown, kinds: readonly T[]): T[] {
	const events = parseOptions(value, 'Events', kinds);
	if (events.length > 0) return events;
	throw inputError('No events selected', 'Select under Events which changes trigger the workflow.');
}

/**
 * Parses the value of New Reputation.
 *
 * @returns an empty list for any reputation
 * @throws LinqError if it is no list of reputations, e.g. because an expression found nothing
 */
export function parseNewReputation(value: unknown): string[] {
	return parseOptions(value, newReputationField.displayName, REPUTATIONS);
}

/**
 * Parses the value of Line Names or IDs.
 *
 * @returns an empty list for all lines
 * @throws LinqError if it is no list of phone numbers and IDs, e.g. because an expression found nothing
 */
export function parseWatchedLines(value: unknown): LineRef[] {
	return parseLineRefs(value, linesField.displayName);
}
