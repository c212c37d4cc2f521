import type { FunctionsBase } from 'n8n-workflow';
import { BoundedMap } from '../concurrency/boundedMap';

const REPEATED_AFTER_MS = 60 * 60_000;

/** When each message was logged, in milliseconds since 1970. */
const loggedAt = new BoundedMap<string, number>({ maxSize: 1_000 });

/**
 * Logs a warning of the node, no more than once an hour. It must hold no key, no secret and no phone number.
 *
 * @param message continues the sentence after the node's name, e.g. `rejected a request without a signature`
 */
export function warnOnce(context: FunctionsBase, message: string): void {
	const { id, name } = context.getWorkflow();
	const node = context.getNode().name;
	const line = `Linq Phone Numbers: trigger "${node}" in workflow "${name ?? ''}" (ID ${id ?? 'none'}) ${message}`;
	const now = Date.now();
	if (now - (loggedAt.get(line) ?? 0) < REPEATED_AFTER_MS) return;
	loggedAt.set(line, now);
	context.logger.warn(line);
}
