import type { INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { linesField, newReputationField, reputationEvent } from '../shared/n8n/changeFilters';
import { CREDENTIAL } from '../shared/n8n/constants';
import { getLines } from '../shared/n8n/lineOptions';
import { execute } from './execute';
import { webhook } from './webhook';
import { webhookMethods } from './webhookMethods';

export class LinqPhoneNumbersTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Linq Phone Numbers Trigger',
		name: 'linqPhoneNumbersTrigger',
		icon: { light: 'file:../../icons/linq.svg', dark: 'file:../../icons/linq.dark.svg' },
		group: ['trigger'],
		// For each request to a node of version 1, n8n evaluates an expression first: see its webhook-helpers.ts.
		version: 2,
		subtitle: '={{ $parameter.events.join(", ") }}',
		description: "Starts the workflow when a Linq line's reputation or status changes",
		eventTriggerDescription: "Waiting for a line's reputation or status to change",
		activationMessage:
			"Linq now notifies this workflow when a line's reputation or status changes.",
		defaults: { name: 'Linq Phone Numbers Trigger' },
		builderHint: {
			searchHint:
				'Subscribes at Linq when the workflow is published: no need to copy a webhook URL. n8n must be reachable at a public https address; if it is not, use Linq Phone Numbers Polling Trigger.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'onReceived',
				path: 'webhook',
				// Linq gets the URL from the node: nobody needs to copy it.
				ndvHideUrl: true,
			},
		],
		properties: [
			{
				displayName: 'Events',
				name: 'events',
				type: 'multiOptions',
				required: true,
				options: [
					reputationEvent,
					{
						name: 'Status',
						value: 'status',
						description: 'Whether the line is active, or flagged and may fail to send',
					},
				],
				default: ['reputation', 'status'],
				description: 'Which changes trigger the workflow',
			},
			newReputationField,
			linesField,
			{
				displayName: 'Simplify',
				name: 'simplify',
				type: 'boolean',
				default: true,
				description:
					'Whether to return a simplified version of the response instead of the raw data',
			},
		],
	};

	methods = { loadOptions: { getLines } };
	webhookMethods = { default: webhookMethods };
	webhook = webhook;
	execute = execute;
}
