import type {
	IDataObject,
	IExecuteSingleFunctions,
	IHttpRequestOptions,
	INodeExecutionData,
	INodeProperties,
	INodePropertyOptions,
} from 'n8n-workflow';
import { updateDisplayOptions } from 'n8n-workflow';
import { parseE164 } from '../../shared/linq/e164';
import type { LineRef } from '../../shared/linq/lineRef';
import { inputError, LinqError } from '../../shared/linq/linqError';
import type { UpdatedForwarding } from '../../shared/linq/phoneNumber';
import { parseUpdatedForwarding, PHONE_NUMBERS_URL } from '../../shared/linq/phoneNumber';
import { isEmpty, toPlainText } from '../../shared/linq/plainText';
import { parseBoolean, parseObject, parseOption } from '../../shared/n8n/parameters';
import { toLinqError } from '../../shared/n8n/toNodeApiError';
import type { AccountRun } from '../accountRun';
import { executedBy } from '../declarativeExecute';
import type { NodeRun } from '../nodeRun';
import { lineLocator, parseLine, rawLineInput } from '../resourceLocators';
import type { RetryOptions } from '../retryOptions';
import { maxRetriesOption, parseRetryOptions } from '../retryOptions';
import type { RunProgress } from '../runProgress';
import { toolDescription } from '../toolDescription';

export const updateForwardingOperation: INodePropertyOptions = {
	name: 'Update Forwarding',
	value: 'updateForwarding',
	action: 'Update line forwarding',
	description: 'Set or clear the number that inbound calls to a line are forwarded to',
	// The line's ID in the path and the body are added once they are validated.
	routing: executedBy({ method: 'PUT', url: PHONE_NUMBERS_URL }, executeUpdateForwarding),
};

/** What a model has to know whatever Forwarding is set to. */
const FOR_MODELS =
	'Takes effect at once. Write phone numbers with + and country code, e.g. +12025559999. Returns the line as Linq confirmed it: its forwarding_number (null: not forwarded) and, if known, its previous_forwarding_number. On an error nothing has changed unless the error says so; it says what to correct, and retryable is true if the same call may succeed later.';

export const updateForwardingDescription = updateDisplayOptions(
	{ show: { operation: ['updateForwarding'] } },
	[
		toolDescription(
			`Forward the inbound calls of one Linq phone line to a number. This replaces the number that they go to now. Line is the line's own phone number; Forwarding Number is the number to forward to. ${FOR_MODELS}`,
			{ forwarding: ['set'] },
		),
		toolDescription(
			`Stop forwarding the inbound calls of one Linq phone line. Line is the line's own phone number. ${FOR_MODELS}`,
			{ forwarding: ['clear'] },
		),
		toolDescription(
			`Forward the inbound calls of one Linq phone line to a number, which replaces the number that they go to now, or stop forwarding them. Line is the line's own phone number. Forwarding Number or Clear is the number to forward to, or the word clear to stop forwarding; an empty value is an error. ${FOR_MODELS}`,
			{ forwarding: ['setOrClear'] },
		),
		lineLocator,
		{
			displayName: 'Forwarding',
			name: 'forwarding',
			type: 'options',
			options: [
				{
					name: 'Clear',
					value: 'clear',
					description: "Stop forwarding the line's inbound calls",
				},
				{
					name: 'Set',
					value: 'set',
					description: "Forward the line's inbound calls to a number",
				},
				{
					name: 'Set or Clear',
					value: 'setOrClear',
					description:
						"Forward to a number, or stop forwarding if the value is the word 'clear'. Use it when the input data or an AI agent decides.",
				},
			],
			default: 'set',
			description: 'Whether to set the number, clear it, or let the data decide',
		},
		{
			displayName: 'Forwarding Number',
			name: 'forwardingNumber',
			type: 'string',
			// Not `required`: n8n's own error for an empty value does not mention Clear.
			default: '',
			placeholder: 'e.g. +12025559999',
			displayOptions: { show: { forwarding: ['set'] } },
			description: 'The number that inbound calls go to, with + and country code',
			hint: 'To stop forwarding, choose Clear above, or let the data decide with Set or Clear',
		},
		{
			// An agent's model sees this name as well.
			displayName: 'Forwarding Number or Clear',
			name: 'forwardingNumber',
			type: 'string',
			default: '',
			placeholder: 'e.g. +12025559999 or clear',
			displayOptions: { show: { forwarding: ['setOrClear'] } },
			description:
				"The number that inbound calls go to, with + and country code, or the word 'clear' to stop forwarding. An empty value is an error.",
			hint: 'A phone number, or the word clear',
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
						"Whether to include the previous forwarding number as 'previous_forwarding_number'. It is always included for lines given by phone number.",
				},
				maxRetriesOption,
				{
					displayName: 'Skip Unchanged',
					name: 'skipUnchanged',
					type: 'boolean',
					default: false,
					description:
						"Whether to skip lines that already forward to this number. Adds 'changed' and 'previous_forwarding_number' to the output.",
				},
			],
		},
	] satisfies INodeProperties[],
);

/** How to stop forwarding calls, by what is chosen under Forwarding. */
const CHOOSE_CLEAR = 'To stop forwarding, choose Clear under Forwarding.';
const GIVE_CLEAR = 'To stop forwarding, give the word clear.';

const FORWARDING_NUMBER = 'The forwarding number';

/** One item's parameters. */
interface UpdateRequest {
	line: LineRef;
	/** E.164; null clears it. */
	forwardingNumber: string | null;
	/** How the item would clear it, for an error. */
	howToClear: string;
	/** Whether to send nothing if the line already has this number. */
	skipUnchanged: boolean;
	/** Whether to output the previous number: always if the lines are listed anyway. */
	includePrevious: boolean;
	retryOptions: RetryOptions;
}

async function executeUpdateForwarding(
	context: IExecuteSingleFunctions,
	request: IHttpRequestOptions,
	run: NodeRun,
): Promise<INodeExecutionData[]> {
	return await run.processItem(context, {
		parse: () => parseUpdateRequest(context),
		run: async (update) => {
			const account = await run.account(context);
			const json = await updateLine({ context, request, account, progress: run.progress }, update);
			return [{ json, pairedItem: { item: context.getItemIndex() } }];
		},
		line: () => rawLineInput(context),
		reportsProgress: true,
	});
}

/** What an update needs of its run. */
interface Scope {
	context: IExecuteSingleFunctions;
	/** The operation's, with n8n's Request Options. */
	request: IHttpRequestOptions;
	account: AccountRun;
	progress: RunProgress;
}

/** Updates a line, unless it is to be skipped, and returns the line as it then is. */
async function updateLine(scope: Scope, update: UpdateRequest): Promise<IDataObject> {
	const { context, request, account } = scope;
	const { line, forwardingNumber, howToClear, skipUnchanged, includePrevious, retryOptions } =
		update;
	const list = { context, request, retryOptions };
	const findId = async () =>
		line.kind === 'id' ? line.id : (await account.lines.list(list)).byNumber(line.number).id;
	return await account.runInLineOrder(findId(), async (id) => {
		const previous = includePrevious ? await account.lines.current(id, list) : undefined;
		assertNotSelfForwarding(
			account.lines.findListed(id)?.phone_number,
			forwardingNumber,
			howToClear,
		);
		const changed = previous?.forwarding_number !== forwardingNumber;
		const skip = skipUnchanged && !changed && !mayStillChange(account, id, forwardingNumber);
		return {
			...(skip ? previous : await send(scope, id, update)),
			...(skipUnchanged && { changed }),
			...(previous && { previous_forwarding_number: previous.forwarding_number }),
		};
	});
}

/** Returns true if the last update sent had another number and is unconfirmed: it may be applied late. */
function mayStillChange(account: AccountRun, id: string, forwardingNumber: string | null): boolean {
	const last = account.writes.last(id);
	return last?.isConfirmed === false && last.forwardingNumber !== forwardingNumber;
}

/** Sends an update, and returns the line as Linq confirms it. */
async function send(
	{ context, request, account, progress }: Scope,
	id: string,
	{ line, forwardingNumber, howToClear, retryOptions }: UpdateRequest,
): Promise<UpdatedForwarding> {
	const item = context.getItemIndex();
	let write: ReturnType<typeof account.writes.begin> | undefined;
	const sending = account.send(
		context,
		{ ...request, url: `${request.url}/${id}`, body: { forwarding_number: forwardingNumber } },
		`Could not update the forwarding of line ${nameOf(line)}`,
		retryOptions,
		() => {
			write = account.writes.begin(id, forwardingNumber);
			progress.markSent(item);
		},
	);
	sending.catch((error: unknown) => {
		if (error instanceof LinqError && error.details.mayBeApplied) return;
		write?.reject();
		progress.markRejected(item);
	});
	const { body } = await sending;
	const updated = parseUpdatedForwarding(body, { id, forwardingNumber });
	write?.confirm();
	progress.markConfirmed(item);
	if (updated.phone_number === forwardingNumber) {
		throw selfForwardingError(updated.phone_number, howToClear);
	}
	return updated;
}

function parseUpdateRequest(context: IExecuteSingleFunctions): UpdateRequest {
	const line = parseLine(context);
	const value: unknown = context.getNodeParameter('forwarding', 'set');
	const forwarding = parseOption(value, 'Forwarding', ['set', 'clear', 'setOrClear']);
	const forwardingNumber =
		forwarding === 'clear'
			? null
			: parseForwardingNumber(context.getNodeParameter('forwardingNumber', ''), forwarding, line);
	const howToClear = forwarding === 'setOrClear' ? GIVE_CLEAR : CHOOSE_CLEAR;
	if (line.kind === 'number') assertNotSelfForwarding(line.number, forwardingNumber, howToClear);
	const options = parseObject(context.getNodeParameter('options', {}), 'Options');
	const isOn = (name: string, field: string) =>
		name in options && parseBoolean(options[name], field);
	const skipUnchanged = isOn('skipUnchanged', 'Skip Unchanged');
	const includePrevious = isOn('includePrevious', 'Include Previous Number');
	return {
		line,
		forwardingNumber,
		howToClear,
		skipUnchanged,
		includePrevious: skipUnchanged || includePrevious || line.kind === 'number',
		retryOptions: parseRetryOptions(context),
	};
}

/** Parses the number; null for the word clear, if it may be given. Its errors name the line. */
function parseForwardingNumber(
	value: unknown,
	forwarding: 'set' | 'setOrClear',
	line: LineRef,
): string | null {
	try {
		return forwarding === 'setOrClear' ? parseNumberOrClear(value) : parseNumber(value);
	} catch (error) {
		throw addToError(error, { after: ` (line ${nameOf(line)})` });
	}
}

function parseNumber(value: unknown): string {
	if (isEmpty(value)) throw emptyNumberError(CHOOSE_CLEAR);
	if (isClear(value)) {
		throw inputError(
			'The forwarding number is the word "clear"',
			'To let the data stop forwarding, choose Set or Clear under Forwarding.',
		);
	}
	return parseE164(value, FORWARDING_NUMBER);
}

/** Parses the number; null for the word clear only: an expression that finds nothing must not stop forwarding. */
function parseNumberOrClear(value: unknown): string | null {
	if (isEmpty(value)) throw emptyNumberError(GIVE_CLEAR);
	if (isClear(value)) return null;
	try {
		return parseE164(value, FORWARDING_NUMBER);
	} catch (error) {
		// Without a digit it is hardly meant for a number: "stop", "none".
		const isWord = !/\p{Nd}/u.test(String(value));
		throw addToError(error, { advice: isWord ? `${GIVE_CLEAR} ` : '' });
	}
}

/** Returns an error with something after its message, or advice before its description. */
function addToError(error: unknown, { after = '', advice = '' }): LinqError {
	const { message, details } = toLinqError(error);
	const description = `${advice}${details.description}`;
	return new LinqError(`${message}${after}`, { ...details, description });
}

function isClear(value: unknown): boolean {
	return typeof value === 'string' && /^clear$/i.test(toPlainText(value));
}

function emptyNumberError(howToClear: string): LinqError {
	return inputError(
		'The forwarding number is empty',
		`${howToClear} If the value comes from an expression, the expression found nothing for this item.`,
	);
}

/** Throws if a line would be forwarded to itself: its calls would reach nobody. */
function assertNotSelfForwarding(
	lineNumber: string | undefined,
	forwardingNumber: string | null,
	howToClear: string,
): void {
	if (lineNumber === undefined || lineNumber !== forwardingNumber) return;
	throw inputError(
		`The line ${lineNumber} cannot be forwarded to itself`,
		`Enter another forwarding number. ${howToClear}`,
	);
}

/** Returns the error of an update by ID whose response shows that the line has the forwarding number itself. */
function selfForwardingError(lineNumber: string, howToClear: string): LinqError {
	return inputError(
		`The line ${lineNumber} is now forwarded to itself, so its calls reach nobody`,
		`Linq applied the update as it was sent. Update the line once more, with another forwarding number. ${howToClear}`,
	);
}

function nameOf(line: LineRef): string {
	return line.kind === 'id' ? line.id : line.number;
}
