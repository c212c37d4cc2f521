import type { IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { toLinqError } from '../shared/n8n/toNodeApiError';
import { nodeKey, readState } from './nodeState';
import { tellOperator } from './operatorLog';
import type { FoundSubscription } from './subscription';
import { findSubscription, replaceSubscription } from './subscription';

/** A forger must not make n8n call Linq more often than this. */
const COMPARED_EVERY_MS = 60_000;

/** How old a subscription is at least when n8n has not saved it, and will not: publishing takes a second or two. */
const SAVED_AFTER_MS = 10_000;

/** One look at the subscription that Linq has for a node. */
interface Comparison {
	/** Milliseconds since 1970. */
	at: number;
	/** The subscription that n8n had saved at that time. */
	savedId: string | undefined;
	/** The one that Linq has; undefined where it has none. */
	found: Promise<FoundSubscription | undefined>;
	/** Whether it has led to a new subscription. */
	mended: boolean;
}

const comparisons = new BoundedMap<string, Comparison>({ maxSize: 1_000 });

/**
 * What a call is whose signature is whole and fresh and fits no secret: a stranger's, or Linq's with a secret that n8n
 * does not have, since something else has saved the workflow's static data as they were before. Finds out by comparing
 * what n8n has saved with what Linq has, and subscribes anew where they differ.
 */
export async function compareWithLinq(context: IWebhookFunctions): Promise<'stranger' | 'unclear'> {
	const { subscriptionId } = readState(context);
	// A test in the editor lasts two minutes, and n8n saves nothing of it.
	if (context.getMode() === 'manual') return subscriptionId === undefined ? 'unclear' : 'stranger';
	const node = nodeKey(context);
	const now = Date.now();
	let comparison = comparisons.get(node);
	if (!comparison || now - comparison.at >= COMPARED_EVERY_MS) {
		const found = findSubscription(context);
		comparison = { at: now, savedId: subscriptionId, found, mended: false };
		comparisons.set(node, comparison);
	}
	try {
		const found = await comparison.found;
		// Saved since: the comparison says nothing of what is saved now.
		if (subscriptionId !== comparison.savedId) return 'unclear';
		if (subscriptionId !== undefined && subscriptionId === found?.id) {
			tellOperator(
				context,
				'refused calls whose signature does not fit: Linq did not make them, or they were changed on the way. There is nothing to do.',
			);
			return 'stranger';
		}
		const beingSetUp = found
			? now - found.createdAt < SAVED_AFTER_MS
			: subscriptionId === undefined;
		if (beingSetUp || comparison.mended) return 'unclear';
		comparison.mended = true;
		const subscription = await replaceSubscription(context, found?.id);
		Object.assign(comparison, { savedId: subscription.id, found: Promise.resolve(subscription) });
		tellOperator(
			context,
			"had another secret saved than Linq signs with, and has subscribed anew. Something else has saved the workflow's static data as they were before: a Code node that uses them, or another n8n process. There is nothing to do; Linq sends again what was not accepted.",
		);
	} catch (error) {
		const { message } = toLinqError(error);
		tellOperator(
			context,
			`cannot tell whether a call is Linq's, and asks for it again. ${message}. If this goes on, publish the workflow again.`,
		);
	}
	return 'unclear';
}
