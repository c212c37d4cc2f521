import type { IDataObject, INodeExecutionData, IPollFunctions } from 'n8n-workflow';
import { LineIndex } from '../shared/linq/lineIndex';
import type { LineRef } from '../shared/linq/lineRef';
import type { PhoneNumber } from '../shared/linq/phoneNumber';
import { parseEvents, parseNewReputation, parseWatchedLines } from '../shared/n8n/changeFilters';
import { listLines } from '../shared/n8n/listLines';
import { parseBoolean } from '../shared/n8n/parameters';
import { throwAt } from '../shared/n8n/toNodeApiError';
import { warnOnce } from '../shared/n8n/warnOnce';
import type { KnownLine, LineChange, LineEvent, Poll } from './lineChanges';
import {
	compareLines,
	isOtherAccount,
	LINE_EVENTS,
	toCurrentState,
	toKnownLines,
	watch,
} from './lineChanges';
import { readState, writeState } from './staticData';

const MAX_RETRIES = 3;

const UNREADABLE =
	"could not read the state that its last poll left, and starts over with the lines as they are now. Something has changed the workflow's static data, e.g. a Code node. There is nothing to do, but changes in between were not reported.";
const OTHER_ACCOUNT =
	'found none of the lines that it knew, and starts over with the lines as they are now. The credential is now of another Linq account: if that is not intended, select the right one.';

/** The node's parameters, each checked. */
interface Filters {
	events: LineEvent[];
	/** Empty for any. */
	newReputation: string[];
	/** Empty for all. */
	lines: LineRef[];
	reportCurrentState: boolean;
}

/** The static data of nodes whose poll is in flight: n8n-workflow's workflow.ts has one object per published node. */
const inFlight = new WeakSet<IDataObject>();

/**
 * Returns the changes since the last poll, an item each.
 *
 * @throws NodeApiError if it cannot know them; the next poll then compares with the same state
 */
export async function poll(this: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	if (this.getMode() === 'manual') return await fetchTestEvent(this).catch(throwAt(this));
	const staticData = this.getWorkflowStaticData('node');
	// Polls must not pile up while Linq is slow. The one in flight, or the next, returns what this one would have.
	if (inFlight.has(staticData)) return null;
	inFlight.add(staticData);
	try {
		return await pollChanges(this, staticData).catch(throwAt(this));
	} finally {
		inFlight.delete(staticData);
	}
}

/** Compares the lines with the state of the last poll. The state changes only when nothing can fail any more. */
async function pollChanges(
	context: IPollFunctions,
	staticData: IDataObject,
): Promise<INodeExecutionData[][] | null> {
	const filters = parseFilters(context);
	const lines = await listLines(context, MAX_RETRIES);
	const poll = startPoll(filters);
	const state = readState(staticData);
	if (state === 'none' || state === 'unreadable' || isOtherAccount(state.lines, lines)) {
		checkWatchedLines(filters, lines);
		const known = toKnownLines(lines, poll);
		writeState(staticData, { events: filters.events, lines: known });
		// n8n saves the state of a first poll, which is part of publishing: see its active-workflow-manager.ts.
		if (state === 'none') return toOutput(context, firstReport(known, filters, poll), false);
		warnOnce(context, state === 'unreadable' ? UNREADABLE : OTHER_ACCOUNT);
		return toOutput(context, [], true);
	}
	const { known, changes } = compareLines(state.lines, lines, poll);
	warnOfUnknownLines(context, filters, known);
	writeState(staticData, { events: filters.events, lines: known });

	// An event that was not selected before counts from now on: the saved state may be outdated for it.
	const selected = new Set(filters.events.filter((event) => state.events.includes(event)));
	const reported = changes.filter((change) => selected.has(change.event) && fits(change, filters));
	// Else a restart restores the state before a change that is not reported, and the next one, which is, may be missed.
	const mustSave = changes.some(
		({ event }) => selected.has(event) || event === 'added' || event === 'removed',
	);
	return toOutput(context, reported, mustSave);
}

/** Returns the lines as they are, to test the workflow with. Changes no state. */
async function fetchTestEvent(context: IPollFunctions): Promise<INodeExecutionData[][] | null> {
	const filters = parseFilters(context);
	const lines = await listLines(context, MAX_RETRIES);
	checkWatchedLines(filters, lines);
	const poll = startPoll(filters);
	const known = toKnownLines(lines, poll);
	const fitting = currentState(known, filters, poll);
	// Without a line of such a reputation, any line shows what an item looks like.
	const any = { ...filters, newReputation: [] };
	const shown = fitting.length > 0 ? fitting : currentState(known, any, poll);
	return toOutput(context, shown, false);
}

/** Parses the parameters. @throws LinqError that names the one that is not valid */
function parseFilters(context: IPollFunctions): Filters {
	return {
		events: parseEvents(context.getNodeParameter('events'), LINE_EVENTS),
		newReputation: parseNewReputation(context.getNodeParameter('newReputation')),
		lines: parseWatchedLines(context.getNodeParameter('lines')),
		reportCurrentState: parseBoolean(
			context.getNodeParameter('reportCurrentState'),
			'Report Current State First',
		),
	};
}

function startPoll({ lines }: Filters): Poll {
	return { isWatched: watch(lines), detectedAt: new Date().toISOString() };
}

/** Checks that the account has all watched lines. @throws LinqError that names one that it does not have */
function checkWatchedLines({ lines: refs }: Filters, lines: PhoneNumber[]): void {
	const index = new LineIndex(lines);
	for (const ref of refs) index.byRef(ref);
}

/** Logs a warning if watched lines are missing. That is no failure: a line may be removed, the others are still watched. */
function warnOfUnknownLines(context: IPollFunctions, { lines }: Filters, known: KnownLine[]): void {
	const ids = new Set(known.map(({ id }) => id.toLowerCase()));
	const numbers = new Set(known.map(({ phoneNumber }) => phoneNumber));
	const unknown = lines.filter((ref) =>
		ref.kind === 'id' ? !ids.has(ref.id.toLowerCase()) : !numbers.has(ref.number),
	).length;
	if (unknown === 0) return;
	warnOnce(
		context,
		`watches lines that are not in this Linq account: ${unknown} of the ${lines.length} under Line Names or IDs. Take them out there if they were removed.`,
	);
}

/** Returns the changes of a first poll: none, or with Report Current State First the lines as they are. */
function firstReport(known: KnownLine[], filters: Filters, poll: Poll): LineChange[] {
	// No listed line was removed.
	const isOnlyRemoved = filters.events.every((event) => event === 'removed');
	return filters.reportCurrentState && !isOnlyRemoved ? currentState(known, filters, poll) : [];
}

/** Returns the watched lines as they are, if they pass the filters. */
function currentState(known: KnownLine[], filters: Filters, poll: Poll): LineChange[] {
	return known
		.filter(({ isWatched }) => isWatched)
		.map((line) => toCurrentState(line, filters.events, poll))
		.filter((change) => fits(change, filters));
}

/** Returns true unless New Reputation filters the change out; it applies to the event Reputation only. */
function fits({ event, new_reputation }: LineChange, { newReputation }: Filters): boolean {
	if (event !== 'reputation' || newReputation.length === 0) return true;
	return newReputation.includes(new_reputation ?? '');
}

/**
 * Returns the items that start the workflow; null starts nothing.
 *
 * @param mustSave whether n8n has to save the state also if there are no items. When a poll returns null, n8n keeps the
 *   state in memory only; with an empty list it saves it, for an execution that ends at the trigger. See n8n's
 *   trigger-execution-context.factory.ts, in n8n 1 active-workflow-manager.ts.
 */
function toOutput(
	context: IPollFunctions,
	changes: LineChange[],
	mustSave: boolean,
): INodeExecutionData[][] | null {
	// With this setting, n8n-core's workflow-execute.ts would start the workflow with an empty item.
	const isEmptyAllowed = mustSave && context.getNode().alwaysOutputData !== true;
	if (changes.length === 0 && !isEmptyAllowed) return null;
	return [changes.map((change) => ({ json: { ...change } }))];
}
