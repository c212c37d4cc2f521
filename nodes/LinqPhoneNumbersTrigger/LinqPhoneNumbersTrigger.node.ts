import type {
	IExecuteFunctions,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { CREDENTIAL } from '../shared/n8n/constants';
import { getLines } from '../shared/n8n/lineOptions';
import { toNodeApiError } from '../shared/n8n/toNodeApiError';
import { reputationOptions } from '../shared/n8n/reputationOptions';
import { receive } from './receive';
import { start } from './start';
import { checkSubscription, createSubscription, deleteSubscription } from './subscription';

export class LinqPhoneNumbersTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Linq Phone Numbers Trigger',
		name: 'linqPhoneNumbersTrigger',
		icon: { light: 'file:../../icons/linq.svg', dark: 'file:../../icons/linq.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{ $parameter.events.join(", ") }}',
		description: "Starts the workflow when a Linq line's reputation or status changes",
		eventTriggerDescription: "Waiting for a line's reputation or status to change",
		activationMessage: 'Linq now tells this workflow when one of your lines changes.',
		defaults: { name: 'Linq Phone Numbers Trigger' },
		builderHint: {
			searchHint:
				'Subscribes at Linq by itself when the workflow is published: no webhook address need be copied. n8n must be reachable at a public https address; else poll with Schedule Trigger and Linq Phone Numbers.',
		},
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: CREDENTIAL, required: true }],
		webhooks: [
			{
				name: 'default',
				httpMethod: 'POST',
				responseMode: 'responseNode',
				path: 'webhook',
				// Linq gets the address from the node: nobody need copy it.
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
					{
						name: 'Reputation',
						value: 'reputation',
						description: 'How carriers rate the line: healthy, at risk or critical',
					},
					{
						name: 'Status',
						value: 'status',
						description: 'Whether the line is active, or flagged and may fail to send',
					},
				],
				default: ['reputation', 'status'],
				description: 'The kinds of change that start the workflow',
			},
			{
				displayName: 'New Reputation',
				name: 'newReputation',
				type: 'multiOptions',
				options: reputationOptions,
				default: [],
				description:
					'Only changes after which the line has one of these reputations. None chosen means any.',
			},
			{
				displayName: 'Line Names or IDs',
				name: 'lines',
				type: 'multiOptions',
				typeOptions: { loadOptionsMethod: 'getLines' },
				default: [],
				description:
					'Only trigger for these lines. Leave empty for all. Phone numbers and IDs are both accepted. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
			},
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

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await checkSubscription(this).catch(inWords(this));
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await createSubscription(this).catch(inWords(this));
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await deleteSubscription(this).catch(inWords(this));
			},
		},
	};

	/** Runs in the workflow's execution, on the item that `webhook` gives: in queue mode in a worker. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await start(this)];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receive(this);
	}
}

/** Throws a failure as n8n shows it to the user. */
function inWords(context: IHookFunctions): (error: unknown) => never {
	return (error) => {
		throw toNodeApiError(context.getNode(), error);
	};
}
