/** How many deliveries are remembered: far more than Linq still retries. */
const KEPT = 1_000;

/**
 * By node, oldest first. In memory too, for copies may come before n8n has saved the first; and one array for all
 * calls, so that whichever n8n saves last, it saves them all.
 */
const deliveriesOfNodes = new Map<string, string[]>();

/**
 * Claims a delivery, which Linq may make several times, also at the same moment.
 *
 * @param node which node of which workflow it came to
 * @param id its `webhook-id`
 * @param saved the deliveries that n8n has saved for the node: before a restart, or in another process
 * @returns what is to be saved from now on; undefined where the delivery was claimed before
 */
export function claimDelivery(node: string, id: string, saved: string[]): string[] | undefined {
	const claimed = deliveriesOfNodes.get(node) ?? [];
	deliveriesOfNodes.set(node, claimed);
	const known = new Set(claimed);
	claimed.unshift(...saved.filter((other) => !known.has(other)));
	if (claimed.includes(id)) return undefined;
	claimed.push(id);
	claimed.splice(0, claimed.length - KEPT);
	return claimed;
}
