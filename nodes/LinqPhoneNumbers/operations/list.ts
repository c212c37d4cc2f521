import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { deepCopy, updateDisplayOptions } from 'n8n-workflow';
import {
	readBoolean,
	readChoice,
	readChoices,
	readGroup,
	readWholeNumber,
} from '../../linq/parameterValue';
import type { PhoneNumber } from '../../linq/phoneNumber';
import { flatten, forwardingOf, PHONE_NUMBERS_URL, reputationOf } from '../../linq/phoneNumber';
import { REPUTATIONS } from '../../linq/reputation';
import { reputationOptions } from '../../n8n/reputationOptions';
import { declaredRequest } from '../../n8n/request';
import { linesOfRun } from '../linesOfRun';
import type { RequestSettings } from '../requestSettings';
import { maxRetriesOption, readRequestSettings } from '../requestSettings';
import { runOf } from '../run';
import { toolDescription } from '../toolDescription';

export const listOption: INodePropertyOptions = {
	name: 'List',
	value: 'list',
	action: 'List lines',
	description: 'Get the phone lines of the account with their reputation, one item per line',
	routing: {
		request: { method: 'GET', url: PHONE_NUMBERS_URL },
		send: { paginate: true },
		operations: { pagination: list },
	},
};

export const listFields = updateDisplayOptions({ show: { operation: ['list'] } }, [
	toolDescription(
		'List the Linq phone lines of the account. Returns for each line its id, its phone_number with + and country code, the forwarding_number that its inbound calls go to (null: none) and its reputation_status: HEALTHY, AT_RISK (send less) or CRITICAL (do not send).',
	),
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		// Linq answers with all lines at once: nobody should lose some by a default.
		default: true,
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1, numberPrecision: 0 },
		default: 50,
		displayOptions: { show: { returnAll: [false] } },
		description: 'Max number of results to return',
		hint: 'Counts the lines that pass the filters',
	},
	{
		displayName: 'Simplify',
		name: 'simplify',
		type: 'boolean',
		default: true,
		description: 'Whether to return a simplified version of the response instead of the raw data',
	},
	{
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add filter',
		default: {},
		options: [
			{
				displayName: 'Forwarding',
				name: 'forwarding',
				type: 'options',
				options: [
					{ name: 'Not Set', value: 'notSet', description: 'Lines whose calls are not forwarded' },
					{ name: 'Set', value: 'set', description: 'Lines that have a forwarding number' },
				],
				default: 'set',
				description: 'Whether the line has a forwarding number',
			},
			{
				displayName: 'Reputation',
				name: 'reputation',
				type: 'multiOptions',
				options: reputationOptions,
				default: [],
				description: 'Only lines with one of these reputations. None chosen means any.',
			},
		],
	},
	{
		displayName: 'Options',
		name: 'options',
		type: 'collection',
		placeholder: 'Add option',
		default: {},
		options: [maxRetriesOption],
	},
] satisfies INodeProperties[]);

/** What one item asks of the list. */
interface Selection {
	limit: number;
	simplify: boolean;
	/** None means any. */
	reputations: string[];
	forwarding?: 'set' | 'notSet';
	settings: RequestSettings;
}

async function list(
	this: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const run = runOf(this);
	return await run.item(this, {
		read: () => readSelection(this),
		act: async (selection) => {
			const lines = await linesOfRun(run, this, declaredRequest(options), selection.settings);
			return toItems(select(lines.all, selection), selection.simplify, this.getItemIndex());
		},
		changesLines: false,
	});
}

/** The lines that pass the filters, up to the limit. */
export function select(
	lines: PhoneNumber[],
	{ limit, reputations, forwarding }: Pick<Selection, 'limit' | 'reputations' | 'forwarding'>,
): PhoneNumber[] {
	const passing = lines.filter(
		(line) =>
			(reputations.length === 0 || reputations.includes(reputationOf(line)?.status ?? '')) &&
			(forwarding === undefined || (forwardingOf(line) !== null) === (forwarding === 'set')),
	);
	return passing.slice(0, limit);
}

/** Items of their own for each input item, so that a later node may change one without changing another. */
function toItems(lines: PhoneNumber[], simplify: boolean, item: number): INodeExecutionData[] {
	return lines.map((line) => ({
		json: simplify ? { ...flatten(line) } : deepCopy({ ...line }),
		pairedItem: { item },
	}));
}

function readSelection(context: IExecuteSingleFunctions): Selection {
	const returnAll = readBoolean(context.getNodeParameter('returnAll', true), 'Return All');
	return {
		limit: returnAll
			? Infinity
			: readWholeNumber(context.getNodeParameter('limit', 50), 'Limit', { min: 1 }),
		simplify: readBoolean(context.getNodeParameter('simplify', true), 'Simplify'),
		...readFilters(context),
		settings: readRequestSettings(context),
	};
}

/** A filter that is there must mean something: one whose expression found nothing would let all lines pass. */
function readFilters(
	context: IExecuteSingleFunctions,
): Pick<Selection, 'reputations' | 'forwarding'> {
	const filters = readGroup(context.getNodeParameter('filters', {}), 'Filters');
	return {
		reputations:
			'reputation' in filters
				? readChoices(filters.reputation, 'The filter Reputation', REPUTATIONS)
				: [],
		forwarding:
			'forwarding' in filters
				? readChoice(filters.forwarding, 'The filter Forwarding', ['set', 'notSet'])
				: undefined,
	};
}
