import type { IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { KeyedMutex } from '../shared/concurrency/keyedMutex';
import { RETRIES_LAST_MS } from '../shared/linq/webhookSubscription';
import { clock } from '../shared/n8n/clock';
import { warnOnce } from '../shared/n8n/warnOnce';
import { nodeKey } from './staticData';

const MAX_DELIVERIES_IN_MEMORY = 10_000;
const MAX_DELIVERIES_IN_DATABASE = 2_000;

/** By trigger and `webhook-id`: the deliveries that this n8n process has taken, each with n8n's response. */
const deliveries = new BoundedMap<string, { statusCode: number }>({
	maxSize: MAX_DELIVERIES_IN_MEMORY,
	idleMs: RETRIES_LAST_MS,
	now: () => clock.now(),
});

/**
 * Returns true if this n8n process works on the same delivery already, or has saved it. If n8n could not save it, it
 * has responded with an error, also to a caller that was gone by then: then this one takes its place.
 */
export function isDuplicate(context: IWebhookFunctions, webhookId: string): boolean {
	const key = `${nodeKey(context)}/${webhookId}`;
	const earlier = deliveries.get(key);
	if (earlier && earlier.statusCode < 400) return true;
	const response = context.getResponseObject();
	deliveries.set(key, response);
	// A response holds its request. If the caller is gone before n8n has responded, it is still needed.
	response.once('close', () => {
		const { writableEnded, statusCode } = response;
		const isAwaited = deliveries.get(key) === response;
		if (writableEnded && isAwaited) deliveries.set(key, { statusCode });
	});
	return false;
}

/** By trigger: n8n reads its list of a node's deliveries and writes it whole. */
const lookups = new KeyedMutex();

/**
 * Records a delivery in n8n's database, where other processes and a restart find it, and returns true if it was not
 * there. Two processes that look at the same moment may both be told so: n8n has nothing that is atomic across them.
 * See n8n's deduplication-helper.ts.
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
