import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { linesField, newReputationField, reputationEvent } from '../shared/n8n/changeFilters';
import { CREDENTIAL } from '../shared/n8n/constants';
import { getLines } from '../shared/n8n/lineOptions';
import { poll } from './poll';

export class LinqPhoneNumbersPollingTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Linq Phone Numbers Polling Trigger',
		name: 'linqPhoneNumbersPollingTrigger',
		icon: { light: 'file:../../icons/linq.svg', dark: 'file:../../icons/linq.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter.events.join(", ") }}',
		description: 'Checks your Linq lines regularly and starts the workflow when one has changed',
		activationMessage: 'n8n now checks your Linq lines for changes at the poll times you have set.',
		polling: true,
		defaults: { name: 'Linq Phone Numbers Polling Trigger' },
		builderHint: {
			searchHint:
				'Asks Linq at the Poll Times, so n8n needs no public address; it also sees changed forwarding numbers, added lines and removed lines. To hear of a changed reputation or status at once, and if n8n is reachable at a public https address, use Linq Phone Numbers Trigger.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		properties: [
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				options: [
					{
						name: 'Forwarding Number',
						value: 'forwarding',
						description: "The number that the line's calls go to was set, changed or cleared",
					},
					{
						name: 'Line Added',
						value: 'added',
						description: 'The account has a new line',
					},
					{
						name: 'Line Removed',
						value: 'removed',
						description: 'A line was missing from the account in two polls in a row',
					},
					reputationEvent,
				],
				default: ['reputation'],
				description: 'Which changes trigger the workflow',
			},
			{
				...newReputationField,
				description:
					'For reputation changes, only trigger if the new reputation is one of these. Leave empty for any. Other events are not filtered.',
			},
			linesField,
			{
				displayName: 'Report Current State First',
				name: 'reportCurrentState',
				type: 'boolean',
				default: false,
				description:
					"Whether the first poll also returns the lines as they are now, filtered by 'New Reputation' and 'Line Names or IDs'",
			},
		],
	};

	methods = { loadOptions: { getLines } };

	poll = poll;
}
