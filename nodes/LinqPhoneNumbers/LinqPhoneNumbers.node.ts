import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { CREDENTIAL } from '../shared/n8n/constants';
import { getLines } from '../shared/n8n/lineOptions';
import { searchLines } from './listSearch';
import { operationParameter } from './operationParameter';
import { listDescription, listHint } from './operations/list';
import { updateForwardingDescription } from './operations/updateForwarding';

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
				'List returns one item per line, once for each input item: with several input items, turn on Execute Once. Update Forwarding takes the line by phone number or ID. Only Forwarding set to Clear (or to Set or Clear, with the word clear) stops forwarding; an empty number is an error. For a sync, turn on Skip Unchanged. To start a workflow when a reputation changes, use Linq Phone Numbers Trigger.',
		},
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		hints: [listHint],
		// Without the base URL: n8n-core's routing-node.ts would evaluate it with the first item's credential for all items.
		requestDefaults: { headers: { Accept: 'application/json' } },
		properties: [operationParameter, ...listDescription, ...updateForwardingDescription],
	};

	methods = { listSearch: { searchLines }, loadOptions: { getLines } };
}
