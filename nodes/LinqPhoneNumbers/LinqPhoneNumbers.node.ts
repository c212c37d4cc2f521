import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { CREDENTIAL } from '../n8n/credential';
import { listFields, listOption } from './operations/list';
import { updateForwardingFields, updateForwardingOption } from './operations/updateForwarding';
import { searchLines } from './phoneNumberLocator';

export class LinqPhoneNumbers implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Linq Phone Numbers',
		name: 'linqPhoneNumbers',
		icon: { light: 'file:../../icons/linq.svg', dark: 'file:../../icons/linq.dark.svg' },
		group: ['transform'],
		version: 1,
		subtitle:
			'={{ { list: "List lines", updateForwarding: "Update forwarding" }[$parameter.operation] }}',
		description: 'List Linq phone lines with their reputation and update their call forwarding',
		defaults: { name: 'Linq Phone Numbers' },
		usableAsTool: true,
		builderHint: {
			searchHint:
				'List gives one item per line; with several input items turn on Execute Once. Update Forwarding takes the line by phone number or ID; only Forwarding set to Clear (or to Set or Clear with the word clear) stops forwarding, an empty number is an error. For a sync, turn on Skip Unchanged. To start a workflow when a reputation changes, use Linq Phone Numbers Trigger.',
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		// The base URL is read once a run: as an expression here, n8n would evaluate it twice for every item.
		requestDefaults: { headers: { Accept: 'application/json' } },
		properties: [
			{
				displayName: 'Operation',
				name: 'operation',
				type: 'options',
				noDataExpression: true,
				options: [listOption, updateForwardingOption],
				default: 'list',
			},
			...listFields,
			...updateForwardingFields,
		],
	};

	methods = { listSearch: { searchLines } };
}
