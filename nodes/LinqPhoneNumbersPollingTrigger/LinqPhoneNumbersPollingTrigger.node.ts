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
		description: 'Starts the workflow when polling finds that a Linq line has changed',
		activationMessage: 'n8n now asks Linq regularly whether a line has changed.',
		polling: true,
		defaults: { name: 'Linq Phone Numbers Polling Trigger' },
		builderHint: {
			searchHint:
				'Asks Linq at the Poll Times, so n8n needs no public address; it also sees changed forwarding numbers, added lines and removed lines. If n8n is reachable at a public https address and reputations or status are to be told at once, use Linq Phone Numbers Trigger.',
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
						description: 'The account has a line that it did not have before',
					},
					{
						name: 'Line Removed',
						value: 'removed',
						description: 'A line is gone from the account, by two polls in a row',
					},
					reputationEvent,
				],
				default: ['reputation'],
				description: 'Which changes trigger the workflow',
			},
			{
				...newReputationField,
				description:
					'Only trigger for the event Reputation if the new reputation is one of these. Leave empty for any. Other events are not filtered.',
			},
			linesField,
			{
				displayName: 'Report Current State First',
				name: 'reportCurrentState',
				type: 'boolean',
				default: false,
				description:
					'Whether the first poll also returns the lines as they are, as far as New Reputation and Lines allow',
			},
		],
	};

	methods = { loadOptions: { getLines } };

	poll = poll;
}
