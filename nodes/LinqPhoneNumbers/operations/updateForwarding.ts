import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { updateDisplayOptions } from 'n8n-workflow';
import { readE164 } from '../../linq/e164';
import { linesOfRun } from '../../linq/lineList';
import { LinqError } from '../../linq/linqError';
import { readUpdatedForwarding } from '../../linq/phoneNumber';
import type { Transport } from '../../linq/request';
import { transportOf } from '../../linq/request';
import type { Run } from '../../linq/run';
import { runOf } from '../../linq/run';
import { readMaxRetries } from '../maxRetries';
import type { LineReference } from '../phoneNumberLocator';
import { findLine, phoneNumberLocator, readLineReference } from '../phoneNumberLocator';

export const updateForwardingOption: INodePropertyOptions = {
	name: 'Update Forwarding',
	value: 'updateForwarding',
	action: 'Update forwarding of a line',
	description: 'Set or clear the number that inbound calls to a line are forwarded to',
	routing: {
		// The line's id follows in the path once it is known to be one.
		request: { method: 'PUT', url: '/v3/phone_numbers' },
		send: { paginate: true },
		operations: { pagination: updateForwarding },
	},
};

export const updateForwardingFields = updateDisplayOptions(
	{ show: { operation: ['updateForwarding'] } },
	[
		phoneNumberLocator,
		{
			displayName: 'Forwarding',
			name: 'forwarding',
			type: 'options',
			options: [
				{
					name: 'Clear',
					value: 'clear',
					description: 'No longer forward inbound calls to the line',
				},
				{ name: 'Set', value: 'set', description: 'Forward inbound calls to a number' },
			],
			default: 'set',
			description: 'Whether to set the forwarding number or to remove it',
		},
		{
			displayName: 'Forwarding Number',
			name: 'forwardingNumber',
			type: 'string',
			// Not `required`: n8n would refuse an empty one in words that do not tell of Clear.
			default: '',
			placeholder: 'e.g. +12025559999',
			displayOptions: { show: { forwarding: ['set'] } },
			description: 'The number that inbound calls go to, with + and country code',
			hint: 'To stop forwarding, choose Clear above',
		},
	] satisfies INodeProperties[],
);

/** What one item asks for. */
interface Change {
	line: LineReference;
	/** E.164; null clears it. */
	forwardingNumber: string | null;
	maxRetries: number;
}

async function updateForwarding(
	this: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const run = runOf(this);
	const transport = transportOf(options);
	return await run.item(this, {
		read: () => readChange(this),
		act: async (change) => {
			const json = await apply(run, this, transport, change);
			return [{ json, pairedItem: { item: this.getItemIndex() } }];
		},
		about: () => ({ line: asEntered(this) }),
	});
}

/** Sends the change, and answers the line as Linq confirms it. */
async function apply(
	run: Run,
	context: IExecuteSingleFunctions,
	transport: Transport,
	{ line, forwardingNumber, maxRetries }: Change,
): Promise<IDataObject> {
	const id =
		line.by === 'id'
			? line.id
			: findLine(await linesOfRun(run, context, transport, maxRetries), line.number).id;
	const doing = `Could not update the forwarding of line ${line.by === 'id' ? line.id : line.number}`;
	return await run.inLineOrder(id.toLowerCase(), async () => {
		const { body } = await run.send(
			context,
			transport,
			{
				method: 'PUT',
				url: `/v3/phone_numbers/${id}`,
				body: { forwarding_number: forwardingNumber },
			},
			doing,
			maxRetries,
		);
		const updated = readUpdatedForwarding(body, { id, forwardingNumber });
		run.updated++;
		return { ...updated };
	});
}

function readChange(context: IExecuteSingleFunctions): Change {
	return {
		line: readLineReference(context),
		forwardingNumber: readForwardingNumber(context),
		maxRetries: readMaxRetries(context),
	};
}

/** Only the choice Clear clears: an expression that finds nothing must not switch a line's forwarding off. */
function readForwardingNumber(context: IExecuteSingleFunctions): string | null {
	const forwarding = context.getNodeParameter('forwarding', 'set');
	if (forwarding === 'clear') return null;
	if (forwarding !== 'set') {
		throw new LinqError('Forwarding is neither "set" nor "clear"', {
			description: 'Choose Set to forward calls to a number, or Clear to stop forwarding them.',
		});
	}
	const number: unknown = context.getNodeParameter('forwardingNumber', '');
	if (
		number === undefined ||
		number === null ||
		(typeof number === 'string' && number.trim() === '')
	) {
		throw new LinqError('The forwarding number is empty', {
			description:
				'To stop forwarding calls, choose Clear under Forwarding. If the number comes from an expression, the expression found nothing for this item. Nothing was sent to Linq.',
		});
	}
	return readE164(number, 'The forwarding number');
}

/** The line as the user entered it, to find a failed item by, also when it is not a valid one. */
function asEntered(context: IExecuteSingleFunctions): string {
	const stored: unknown = context.getNodeParameter('phoneNumber', '', { extractValue: true });
	return typeof stored === 'string' || typeof stored === 'number' ? String(stored) : '';
}
