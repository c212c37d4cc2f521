import type {
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
	NodeHint,
} from 'n8n-workflow';
import { deepCopy, updateDisplayOptions } from 'n8n-workflow';
import type { LineIndex } from '../../shared/linq/lineIndex';
import type { LineRef } from '../../shared/linq/lineRef';
import { parseLineRefs } from '../../shared/linq/lineRef';
import type { PhoneNumber } from '../../shared/linq/phoneNumber';
import {
	getForwardingNumber,
	getReputation,
	PHONE_NUMBERS_URL,
	toRow,
} from '../../shared/linq/phoneNumber';
import { REPUTATIONS } from '../../shared/linq/reputation';
import {
	parseBoolean,
	parseInteger,
	parseObject,
	parseOption,
	parseOptions,
} from '../../shared/n8n/parameters';
import { reputationOptions } from '../../shared/n8n/reputationOptions';
import { executedBy } from '../declarativeExecute';
import type { NodeRun } from '../nodeRun';
import type { RetryOptions } from '../retryOptions';
import { maxRetriesOption, parseRetryOptions } from '../retryOptions';
import { toolDescription } from '../toolDescription';

export const listOperation: INodePropertyOptions = {
	name: 'List',
	value: 'list',
	action: 'List lines',
	description: 'Get the phone lines of the account with their reputation, one item per line',
	routing: executedBy({ method: 'GET', url: PHONE_NUMBERS_URL }, executeList),
};

/**
 * n8n's editor has such a hint for operations with certain names (`getGenericHints` in its nodeViewUtils.ts). Only that
 * one can see Execute Once. No expression can, so this one is also shown with it, in words that stay true.
 */
export const listHint: NodeHint = {
	message:
		'Without ‘Execute Once’ (in the node settings), the list is returned once for each input item: each line comes several times',
	displayCondition: '={{ $parameter["operation"] === "list" && $input.all().length > 1 }}',
	location: 'outputPane',
};

export const listDescription = updateDisplayOptions({ show: { operation: ['list'] } }, [
	toolDescription(
		'List the Linq phone lines of the account. Changes nothing. Returns for each line its id, its phone_number with + and country code, the forwarding_number that its inbound calls go to now (null: not forwarded) and its reputation_status: HEALTHY, AT_RISK (send less), CRITICAL (do not send) or null (not rated yet).',
	),
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		// The API is not paginated, and a default must not hide lines.
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
		hint: 'Applied after the filters',
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
				displayName: 'Line Names or IDs',
				name: 'lines',
				type: 'multiOptions',
				typeOptions: { loadOptionsMethod: 'getLines' },
				default: [],
				description:
					'Only these lines, by phone number or ID. Leave empty for all. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
			},
			{
				displayName: 'Reputation',
				name: 'reputation',
				type: 'multiOptions',
				options: reputationOptions,
				default: [],
				description: 'Only return lines with one of these reputations. Leave empty for any.',
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

/** One item's parameters. */
interface ListQuery {
	limit: number;
	simplify: boolean;
	/** Empty means any. */
	lines: LineRef[];
	/** Empty means any. */
	reputations: string[];
	forwarding?: 'set' | 'notSet';
	retryOptions: RetryOptions;
}

async function executeList(
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	run: NodeRun,
): Promise<INodeExecutionData[]> {
	return await run.processItem(context, {
		parse: () => parseListQuery(context),
		run: async (query) => {
			const { lines } = await run.account(context);
			const { retryOptions } = query;
			const index = await lines.list({ context, request, retryOptions });
			return toItems(filterLines(index, query), query.simplify, context.getItemIndex());
		},
		reportsProgress: false,
	});
}

/**
 * Returns the lines that pass all filters, up to the limit, in Linq's order.
 *
 * @throws LinqError if a line of the filter does not exist
 */
function filterLines(
	index: LineIndex,
	{ limit, lines, reputations, forwarding }: ListQuery,
): PhoneNumber[] {
	const wanted = new Set(lines.map((line) => index.byRef(line)));
	return index.lines
		.filter(
			(line) =>
				(wanted.size === 0 || wanted.has(line)) &&
				(reputations.length === 0 || reputations.includes(getReputation(line)?.status ?? '')) &&
				(forwarding === undefined ||
					(getForwardingNumber(line) !== null) === (forwarding === 'set')),
		)
		.slice(0, limit);
}

/** Returns new objects for each input item, so that a later node can change one without changing another. */
function toItems(lines: PhoneNumber[], simplify: boolean, item: number): INodeExecutionData[] {
	return lines.map((line) => ({
		json: simplify ? { ...toRow(line) } : deepCopy({ ...line }),
		pairedItem: { item },
	}));
}

function parseListQuery(context: IExecuteSingleFunctions): ListQuery {
	const returnAll = parseBoolean(context.getNodeParameter('returnAll', true), 'Return All');
	return {
		limit: returnAll
			? Infinity
			: parseInteger(context.getNodeParameter('limit', 50), 'Limit', { min: 1 }),
		simplify: parseBoolean(context.getNodeParameter('simplify', true), 'Simplify'),
		...parseFilters(context),
		retryOptions: parseRetryOptions(context),
	};
}

/** Parses the filters. One that is set must have a value: an expression that finds nothing must not let all lines pass. */
function parseFilters(
	context: IExecuteSingleFunctions,
): Pick<ListQuery, 'lines' | 'reputations' | 'forwarding'> {
	const filters = parseObject(context.getNodeParameter('filters', {}), 'Filters');
	return {
		lines: 'lines' in filters ? parseLineRefs(filters.lines, 'The filter Line Names or IDs') : [],
		reputations:
			'reputation' in filters
				? parseOptions(filters.reputation, 'The filter Reputation', REPUTATIONS)
				: [],
		forwarding:
			'forwarding' in filters
				? parseOption(filters.forwarding, 'The filter Forwarding', ['set', 'notSet'])
				: undefined,
	};
}
