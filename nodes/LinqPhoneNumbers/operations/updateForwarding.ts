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
import type { AccountLines } from '../../linq/accountLines';
import { readE164 } from '../../linq/e164';
import { inputError, LinqError } from '../../linq/linqError';
import { readBoolean, readChoice, readGroup } from '../../linq/parameterValue';
import type { UpdatedForwarding } from '../../linq/phoneNumber';
import { forwardingOf, PHONE_NUMBERS_URL, readUpdatedForwarding } from '../../linq/phoneNumber';
import { declaredRequest } from '../../n8n/request';
import type { Outcome } from '../lineChanges';
import { lastChange, noteChange } from '../lineChanges';
import { linesOfRun } from '../linesOfRun';
import type { LineReference } from '../phoneNumberLocator';
import { lineAsEntered, phoneNumberLocator, readLineReference } from '../phoneNumberLocator';
import type { RequestSettings } from '../requestSettings';
import { maxRetriesOption, readRequestSettings } from '../requestSettings';
import type { Run } from '../run';
import { runOf } from '../run';
import { toolDescription } from '../toolDescription';

export const updateForwardingOption: INodePropertyOptions = {
	name: 'Update Forwarding',
	value: 'updateForwarding',
	action: 'Update line forwarding',
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
		toolDescription(
			'Forward the inbound calls of one Linq phone line to a number, or stop forwarding them where this tool can clear. Give phone numbers with + and country code, e.g. +12025559999. Returns the line with the forwarding_number that Linq confirmed, null when calls are no longer forwarded. An error says what was wrong and what to do; then nothing has changed unless it says so.',
		),
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
				{
					name: 'Set or Clear',
					value: 'setOrClear',
					description:
						'Forward inbound calls to a number, or no longer where the word clear comes in its place. For data and AI agents that decide.',
				},
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
		{
			// Also what an agent's model is shown of it.
			displayName: 'Forwarding Number or Clear',
			name: 'forwardingNumber',
			type: 'string',
			default: '',
			placeholder: 'e.g. +12025559999 or clear',
			displayOptions: { show: { forwarding: ['setOrClear'] } },
			description:
				'The number that inbound calls go to, with + and country code, or the word clear to stop forwarding. An empty value is an error.',
		},
		{
			displayName: 'Options',
			name: 'options',
			type: 'collection',
			placeholder: 'Add option',
			default: {},
			options: [
				{
					displayName: 'Include Previous Number',
					name: 'includePrevious',
					type: 'boolean',
					default: false,
					description:
						'Whether to return the number that calls went to before, as previous_forwarding_number. It is returned anyway for lines given by phone number.',
				},
				maxRetriesOption,
				{
					displayName: 'Skip Unchanged',
					name: 'skipUnchanged',
					type: 'boolean',
					default: false,
					description:
						'Whether to send nothing for lines that are forwarded to this number already. Adds changed and previous_forwarding_number to the output.',
				},
			],
		},
	] satisfies INodeProperties[],
);

/** What one item asks for. */
interface Change {
	line: LineReference;
	/** E.164; null clears it. */
	forwardingNumber: string | null;
	/** Whether nothing is sent where the line has this number already. */
	skipUnchanged: boolean;
	/** Whether the output has the number that the line had before: always where the lines are listed anyway. */
	withPrevious: boolean;
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

/** Does what an item asks for, and answers the line as it then is. */
async function apply(
	run: Run,
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	change: Change,
): Promise<IDataObject> {
	const { line, forwardingNumber, skipUnchanged, withPrevious, settings } = change;
	const lines = async (since?: number) =>
		await linesOfRun(run, context, { ...request, method: 'GET' }, settings, since);
	const find = async () =>
		line.by === 'number' ? (await lines()).byNumber(line.number).id : line.id;
	return await run.inLineOrder(find(), async (id) => {
		const previous = withPrevious ? await forwardingBefore(run, id, lines) : undefined;
		refuseItself(run.lines?.known(id)?.phone_number, forwardingNumber);
		const changed = previous?.forwarding_number !== forwardingNumber;
		// Where another number was sent last, it may come late, or the list may not know of it yet.
		const last = lastChange(id);
		const mayDiffer =
			last !== undefined &&
			last.outcome !== 'refused' &&
			last.forwardingNumber !== forwardingNumber;
		const skips = skipUnchanged && !changed && !mayDiffer;
		return {
			...(skips ? previous : await send(run, context, request, id, change)),
			...(skipUnchanged && { changed }),
			...(previous && { previous_forwarding_number: previous.forwarding_number }),
		};
	});
}

/** Sends a change, and answers the line as Linq confirms it. */
async function send(
	run: Run,
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	id: string,
	{ line, forwardingNumber, settings }: Change,
): Promise<UpdatedForwarding> {
	noteChange(id, forwardingNumber, 'sent');
	let outcome: Outcome = 'sent';
	try {
		const answer = run.send(
			context,
			{ ...request, url: `${request.url}/${id}`, body: { forwarding_number: forwardingNumber } },
			`Could not update the forwarding of line ${line.by === 'id' ? line.id : line.number}`,
			settings,
		);
		answer.catch((error: unknown) => {
			if (isFinal(error)) outcome = 'refused';
		});
		const { body } = await answer;
		const updated = readUpdatedForwarding(body, { id, forwardingNumber });
		outcome = 'confirmed';
		run.account.noteConfirmed(context.getItemIndex());
		return updated;
	} finally {
		// What failed is in doubt until the lines are listed anew.
		noteChange(id, forwardingNumber, outcome);
	}
}

/** Whether Linq has answered that it does not do what was asked: then it does not come late either. */
function isFinal(error: unknown): boolean {
	if (!(error instanceof LinqError)) return false;
	const { httpCode, tryAgain } = error.details;
	return httpCode !== undefined && tryAgain !== true;
}

/** A line before a change, by the list of lines and by what this n8n process has done to it since. */
async function forwardingBefore(
	run: Run,
	id: string,
	lines: (since?: number) => Promise<AccountLines>,
): Promise<UpdatedForwarding> {
	const change = lastChange(id);
	const isConfirmed = change?.outcome === 'confirmed';
	const line = (await lines(isConfirmed ? undefined : change?.at)).byId(id);
	const isNewer = isConfirmed && change.at > run.listedAt;
	return {
		id: line.id,
		phone_number: line.phone_number,
		forwarding_number: isNewer ? change.forwardingNumber : forwardingOf(line),
	};
}

function readChange(context: IExecuteSingleFunctions): Change {
	const line = readLineReference(context);
	const forwardingNumber = readForwardingNumber(context);
	if (line.by === 'number') refuseItself(line.number, forwardingNumber);
	const options = readGroup(context.getNodeParameter('options', {}), 'Options');
	const isOn = (name: string, field: string) =>
		name in options && readBoolean(options[name], field);
	const skipUnchanged = isOn('skipUnchanged', 'Skip Unchanged');
	const includePrevious = isOn('includePrevious', 'Include Previous Number');
	return {
		line,
		forwardingNumber,
		skipUnchanged,
		withPrevious: skipUnchanged || includePrevious || line.by === 'number',
		settings: readRequestSettings(context),
	};
}

/** Only the choice or the word Clear clears: an expression that finds nothing must not switch a line's forwarding off. */
function readForwardingNumber(context: IExecuteSingleFunctions): string | null {
	const value: unknown = context.getNodeParameter('forwarding', 'set');
	const forwarding = readChoice(value, 'Forwarding', ['set', 'clear', 'setOrClear']);
	if (forwarding === 'clear') return null;
	const number: unknown = context.getNodeParameter('forwardingNumber', '');
	const mayClear = forwarding === 'setOrClear';
	if (mayClear && typeof number === 'string' && /^\s*clear\s*$/i.test(number)) return null;
	if (
		number === undefined ||
		number === null ||
		(typeof number === 'string' && number.trim() === '')
	) {
		throw inputError(
			'The forwarding number is empty',
			mayClear
				? 'To stop forwarding calls, give the word clear. If the value comes from an expression, the expression found nothing for this item. Nothing was sent for it.'
				: 'To stop forwarding calls, choose Clear under Forwarding. If the number comes from an expression, the expression found nothing for this item. Nothing was sent for it.',
		);
	}
	return readE164(number, 'The forwarding number');
}

/** Calls that are forwarded to the line they come from reach nobody. */
function refuseItself(lineNumber: string | undefined, forwardingNumber: string | null): void {
	if (lineNumber === undefined || lineNumber !== forwardingNumber) return;
	throw inputError(
		`The line ${lineNumber} cannot be forwarded to itself`,
		'Enter another forwarding number. To stop forwarding calls, clear it instead.',
	);
}
