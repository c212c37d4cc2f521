import type { FunctionsBase } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';

/** What is the same each time is told once an hour. */
const AGAIN_AFTER_MS = 60 * 60_000;

/** When a node told what, in milliseconds since 1970. */
const told = new BoundedMap<string, number>({ maxSize: 1_000 });

/** Tells n8n's operator in n8n's log, which holds no key and no phone number, what happened at the node and what to do. */
export function tellOperator(context: FunctionsBase, what: string): void {
	const message = `${nodeInWords(context)} ${what}`;
	const now = Date.now();
	if (now - (told.get(message) ?? 0) < AGAIN_AFTER_MS) return;
	told.set(message, now);
	context.logger.warn(message);
}

/** E.g. `Linq Phone Numbers Trigger "On a change" in workflow "Alerts" (id 7)`. */
export function nodeInWords(context: FunctionsBase): string {
	const { id, name } = context.getWorkflow();
	return `Linq Phone Numbers Trigger "${context.getNode().name}" in workflow "${name ?? ''}" (id ${id ?? 'none'})`;
}
