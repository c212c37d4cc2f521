import type { IWebhookFunctions } from 'n8n-workflow';
import { BoundedMap } from '../shared/concurrency/boundedMap';
import { RETRIES_LAST_MS } from '../shared/linq/webhookSubscription';
import { toLinqError } from '../shared/n8n/toNodeApiError';
import { warnOnce } from '../shared/n8n/warnOnce';
import { deleteSubscription, listSubscriptions } from '../shared/n8n/webhookSubscriptions';
import { currentSubscription, nodeKey, restoreSecret, savedSubscriptions } from './staticData';
import { findAtOwnAddress, REMOVING, subscribe } from './webhookMethods';

/** Forged requests must not make n8n call Linq more often than this. */
const MIN_INTERVAL_MS = 60_000;

/** During publishing, Linq has the subscription before n8n has saved it: a second or two. */
const PUBLISH_GRACE_MS = 10_000;

type Verdict = 'forged' | 'unverifiable';

/** When it began, in milliseconds since 1970, and what n8n had saved by then. */
type Reconciliation = { at: number; savedId: string | undefined; verdict: Promise<Verdict> };

/** The last one of each trigger. */
const reconciliations = new BoundedMap<string, Reconciliation>({ maxSize: 1_000 });

/** Returns whether a request that matches no secret is forged; `unverifiable` if n8n may lack the secret. */
export async function reconcileSubscription(context: IWebhookFunctions): Promise<Verdict> {
	const savedId = currentSubscription(context)?.id;
	// A test in the editor lasts two minutes, and n8n's test-webhooks.ts saves no static data of it.
	if (context.getMode() === 'manual') return savedId === undefined ? 'unverifiable' : 'forged';
	let last = reconciliations.get(nodeKey(context));
	if (!last || Date.now() - last.at >= MIN_INTERVAL_MS) {
		last = { at: Date.now(), savedId, verdict: reconcile(context) };
		reconciliations.set(nodeKey(context), last);
	}
	// If another subscription was saved since, the verdict is not about that one.
	return savedId === last.savedId ? await last.verdict : 'unverifiable';
}

/** Compares what n8n has saved with what Linq has, and repairs it: executions may overwrite static data with older ones. */
async function reconcile(context: IWebhookFunctions): Promise<Verdict> {
	const current = currentSubscription(context);
	try {
		// A request waits for it, so it is not retried.
		const remotes = await listSubscriptions(context, 'Could not look up the subscription', 0);
		const remote = findAtOwnAddress(context, remotes);
		if (current && current.id === remote?.id) {
			// n8n-workflow's workflow.ts keeps static data by the node's name: a renamed trigger lacks the secrets it had.
			const mayLack = savedSubscriptions(context).length === 1 && remote.ageMs < RETRIES_LAST_MS;
			warnOnce(
				context,
				'rejected requests with a wrong signature: they are not from Linq, or were changed on the way. If no event starts the workflow, look for a proxy in front of n8n that changes the body. Otherwise there is nothing to do.',
			);
			return mayLack ? 'unverifiable' : 'forged';
		}
		if (remote ? remote.ageMs < PUBLISH_GRACE_MS : !current) return 'unverifiable';
		if (!remote || !restoreSecret(context, remote.id)) {
			// If another n8n process does so at the same moment, Linq rejects the later one.
			if (remote) await deleteSubscription(context, REMOVING, remote.id);
			await subscribe(context);
		}
		warnOnce(
			context,
			"had a stale signing secret, and has repaired it. Something has overwritten the workflow's static data, e.g. a Code node that uses them, or a copy of this n8n with the same address. There is nothing to do: Linq retries what was not accepted.",
		);
	} catch (error) {
		warnOnce(
			context,
			`could not verify a request, and asked Linq to retry. ${toLinqError(error).message}. If this keeps happening, unpublish the workflow and publish it again.`,
		);
	}
	return 'unverifiable';
}
