import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { KeyedMutex } from '../shared/concurrency/keyedMutex';
import { RETRIES_LAST_MS } from '../shared/linq/webhookSubscription';
import { clock } from '../shared/n8n/clock';
import { warnOnce } from '../shared/n8n/warnOnce';
import { nodeKey } from './staticData';

const MAX_DELIVERIES_IN_MEMORY = 10_000;
const MAX_DELIVERIES_IN_DATABASE = 2_000;

/** By trigger and `webhook-id`: the deliveries that this n8n process has accepted, each with n8n's response. */
const deliveries = new BoundedMap<string, { statusCode: number }>({
	maxSize: MAX_DELIVERIES_IN_MEMORY,
	idleMs: RETRIES_LAST_MS,
	now: () => clock.now(),
});

/**
 * Returns true if this n8n process is handling the same delivery, or has saved it. If n8n could not save it, the status
 * is an error, even if the caller was gone: then this delivery replaces it.
 */
export function isDuplicate(context: IWebhookFunctions, webhookId: string): boolean {
	const key = `${nodeKey(context)}/${webhookId}`;
	const earlier = deliveries.get(key);
	if (earlier && earlier.statusCode < 400) return true;
	const response = context.getResponseObject();
	deliveries.set(key, response);
	// Keeps only the status, to free the request. A caller that hangs up early does not count: n8n has yet to respond.
	response.once('close', () => {
		const { writableEnded, statusCode } = response;
		const isAwaited = deliveries.get(key) === response;
		if (writableEnded && isAwaited) deliveries.set(key, { statusCode });
	});
	return false;
}

/** By trigger: n8n's deduplication-helper.ts reads and writes a node's list of deliveries as a whole. */
const lookups = new KeyedMutex();

/**
 * Records a delivery in n8n's database, and returns true if it was not there. It is not atomic across processes: two
 * that look at the same moment may both get true (n8n's deduplication-helper.ts).
 */
export async function isFirstDelivery(context: IExecuteFunctions, webhookId: string) {
	try {
		return await lookups.runExclusive(nodeKey(context), async () => {
			const options = { mode: 'entries', maxEntries: MAX_DELIVERIES_IN_DATABASE } as const;
			const ids = await context.helpers.checkProcessedAndRecord([webhookId], 'node', options);
			return ids.new.length > 0;
		});
	} catch {
		warnOnce(
			context,
			"could not look up in n8n's database whether an event is a duplicate, and started the workflow",
		);
		return true;
	}
}
