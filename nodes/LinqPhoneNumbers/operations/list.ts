import type {
	DeclarativeRestApiSettings,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { deepCopy, updateDisplayOptions } from 'n8n-workflow';
import { LinqError } from '../../linq/linqError';
import { LIST_URL, linesOfRun } from '../../linq/lineList';
import type { PhoneNumber } from '../../linq/phoneNumber';
import { flatten, forwardingOf, reputationOf } from '../../linq/phoneNumber';
import { isRecord } from '../../linq/record';
import { reputationOptions } from '../../linq/reputation';
import { transportOf } from '../../linq/request';
import { runOf } from '../../linq/run';
import { readMaxRetries } from '../maxRetries';

export const listOption: INodePropertyOptions = {
	name: 'List',
	value: 'list',
	action: 'List lines',
	description: 'Get the phone lines of the account with their reputation, one item per line',
	routing: {
		request: { method: 'GET', url: LIST_URL },
		send: { paginate: true },
		operations: { pagination: list },
	},
};

export const listFields = updateDisplayOptions({ show: { operation: ['list'] } }, [
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
] satisfies INodeProperties[]);

/** What one item asks of the list. */
interface Selection {
	limit: number;
	simplify: boolean;
	reputations: string[];
	forwarding?: 'set' | 'notSet';
	maxRetries: number;
}

async function list(
	this: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const run = runOf(this);
	return await run.item(this, {
		read: () => readSelection(this),
		act: async (selection) => {
			const lines = await linesOfRun(run, this, transportOf(options), selection.maxRetries);
			return toItems(select(lines, selection), selection.simplify, this.getItemIndex());
		},
		about: () => ({}),
	});
}

/** The lines that pass the filters, up to the limit. */
export function select(
	lines: PhoneNumber[],
	{ limit, reputations, forwarding }: Omit<Selection, 'simplify' | 'maxRetries'>,
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
	const filters: unknown = context.getNodeParameter('filters', {});
	const { reputation, forwarding } = isRecord(filters) ? filters : {};
	const returnAll = context.getNodeParameter('returnAll', true) === true;
	return {
		limit: returnAll ? Infinity : readLimit(context.getNodeParameter('limit', 50)),
		simplify: context.getNodeParameter('simplify', true) === true,
		reputations: readReputations(reputation),
		forwarding: readForwarding(forwarding),
		maxRetries: readMaxRetries(context),
	};
}

function readLimit(value: unknown): number {
	const limit = Number(value);
	if (Number.isInteger(limit) && limit >= 1) return limit;
	throw new LinqError('Limit is no whole number of 1 or more', {
		description: 'Enter how many lines to return, or turn Return All on.',
	});
}

function readReputations(value: unknown): string[] {
	const chosen: unknown[] = Array.isArray(value) ? value : value ? [value] : [];
	return chosen.map(String);
}

function readForwarding(value: unknown): 'set' | 'notSet' | undefined {
	if (value === undefined || value === 'set' || value === 'notSet') return value;
	throw new LinqError('The filter Forwarding is neither "set" nor "notSet"', {
		description: 'Choose Set or Not Set, or remove the filter to get lines of both kinds.',
	});
}
