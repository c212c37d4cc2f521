import type {
	DeclarativeRestApiSettings,
	IDataObject,
	IExecutePaginationFunctions,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { updateDisplayOptions } from 'n8n-workflow';
import { readE164 } from '../../linq/e164';
import { inputError } from '../../linq/linqError';
import { readChoice } from '../../linq/parameterValue';
import { PHONE_NUMBERS_URL, readUpdatedForwarding } from '../../linq/phoneNumber';
import { declaredRequest } from '../../n8n/request';
import { linesOfRun } from '../linesOfRun';
import type { LineReference } from '../phoneNumberLocator';
import { lineAsEntered, phoneNumberLocator, readLineReference } from '../phoneNumberLocator';
import type { RequestSettings } from '../requestSettings';
import { readRequestSettings } from '../requestSettings';
import type { Run } from '../run';
import { runOf } from '../run';

export const updateForwardingOption: INodePropertyOptions = {
	name: 'Update Forwarding',
	value: 'updateForwarding',
	action: 'Update forwarding of a line',
	description: 'Set or clear the number that inbound calls to a line are forwarded to',
	routing: {
		// The line's id follows in the path, and the body, once they are known to be right.
		request: { method: 'PUT', url: PHONE_NUMBERS_URL },
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
	settings: RequestSettings;
}

async function updateForwarding(
	this: IExecutePaginationFunctions,
	{ options }: DeclarativeRestApiSettings.ResultOptions,
): Promise<INodeExecutionData[]> {
	const run = runOf(this);
	return await run.item(this, {
		read: () => readChange(this),
		act: async (change) => {
			const json = await apply(run, this, declaredRequest(options), change);
			return [{ json, pairedItem: { item: this.getItemIndex() } }];
		},
		about: () => ({ line: lineAsEntered(this) }),
		changesLines: true,
	});
}

/** Sends the change, and answers the line as Linq confirms it. */
async function apply(
	run: Run,
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	{ line, forwardingNumber, settings }: Change,
): Promise<IDataObject> {
	const find = async () => {
		if (line.by === 'id') return line.id;
		const list = { ...request, method: 'GET' } as const;
		return (await linesOfRun(run, context, list, settings)).byNumber(line.number).id;
	};
	return await run.inLineOrder(find(), async (id) => {
		refuseItself(run.lines?.byId(id)?.phone_number, forwardingNumber);
		const { body } = await run.send(
			context,
			{ ...request, url: `${request.url}/${id}`, body: { forwarding_number: forwardingNumber } },
			`Could not update the forwarding of line ${line.by === 'id' ? line.id : line.number}`,
			settings,
		);
		const updated = readUpdatedForwarding(body, { id, forwardingNumber });
		run.account.noteConfirmed(context.getItemIndex());
		return { ...updated };
	});
}

function readChange(context: IExecuteSingleFunctions): Change {
	const line = readLineReference(context);
	const forwardingNumber = readForwardingNumber(context);
	if (line.by === 'number') refuseItself(line.number, forwardingNumber);
	return { line, forwardingNumber, settings: readRequestSettings(context) };
}

/** Only the choice Clear clears: an expression that finds nothing must not switch a line's forwarding off. */
function readForwardingNumber(context: IExecuteSingleFunctions): string | null {
	const forwarding: unknown = context.getNodeParameter('forwarding', 'set');
	if (readChoice(forwarding, 'Forwarding', ['set', 'clear']) === 'clear') return null;
	const number: unknown = context.getNodeParameter('forwardingNumber', '');
	if (
		number === undefined ||
		number === null ||
		(typeof number === 'string' && number.trim() === '')
	) {
		throw inputError(
			'The forwarding number is empty',
			'To stop forwarding calls, choose Clear under Forwarding. If the number comes from an expression, the expression found nothing for this item. Nothing was sent for it.',
		);
	}
	return readE164(number, 'The forwarding number');
}

/** Calls that are forwarded to the line they come from reach nobody. */
function refuseItself(lineNumber: string | undefined, forwardingNumber: string | null): void {
	if (lineNumber === undefined || lineNumber !== forwardingNumber) return;
	throw inputError(
		`The line ${lineNumber} cannot be forwarded to itself`,
		'Enter another forwarding number, or choose Clear under Forwarding to stop forwarding calls.',
	);
}
