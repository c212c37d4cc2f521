/** How many deliveries are remembered: far more than Linq still retries. */
const KEPT = 1_000;

/** By node. In memory too, for n8n saves its static data only after it has answered. */
const claimedHere = new Map<string, Set<string>>();

/**
 * Claims a delivery, which Linq may make several times, also at the same moment.
 *
 * @param node which node of which workflow it came to
 * @param id its `webhook-id`
 * @param saved the deliveries that n8n has saved for the node
 * @returns what is to be saved from now on; undefined where the delivery was claimed before
 */
export function claimDelivery(node: string, id: string, saved: string[]): string[] | undefined {
	const claimed = new Set([...saved, ...(claimedHere.get(node) ?? [])]);
	if (claimed.has(id)) return undefined;
	const kept = [...claimed, id].slice(-KEPT);
	claimedHere.set(node, new Set(kept));
	return kept;
}

/** Gives a delivery back that n8n could not start the workflow for, so that Linq's next try counts. */
export function releaseDelivery(node: string, id: string): void {
	claimedHere.get(node)?.delete(id);
}
