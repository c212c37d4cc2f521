/** How many deliveries are remembered: far more than Linq still retries. */
const KEPT = 1_000;

interface Deliveries {
	/** Oldest first. One array for all calls, so that whichever n8n saves last, it saves them all. */
	claimed: string[];
	/** Given back, although n8n may have saved them with another call. */
	released: Set<string>;
}

/** By node. In memory too, for n8n saves its static data only after it has answered. */
const deliveriesOfNodes = new Map<string, Deliveries>();

/**
 * Claims a delivery, which Linq may make several times, also at the same moment.
 *
 * @param node which node of which workflow it came to
 * @param id its `webhook-id`
 * @param saved the deliveries that n8n has saved for the node: before a restart, or in another process
 * @returns what is to be saved from now on; undefined where the delivery was claimed before
 */
export function claimDelivery(node: string, id: string, saved: string[]): string[] | undefined {
	const { claimed, released } = deliveriesOf(node);
	const known = new Set(claimed);
	claimed.unshift(...saved.filter((other) => !known.has(other) && !released.has(other)));
	if (claimed.includes(id)) return undefined;
	released.delete(id);
	claimed.push(id);
	claimed.splice(0, claimed.length - KEPT);
	return claimed;
}

/** Gives a delivery back that n8n could not start the workflow for, so that Linq's next try counts. */
export function releaseDelivery(node: string, id: string): void {
	const { claimed, released } = deliveriesOf(node);
	claimed.splice(claimed.indexOf(id), 1);
	released.add(id);
}

function deliveriesOf(node: string): Deliveries {
	const known = deliveriesOfNodes.get(node) ?? { claimed: [], released: new Set() };
	deliveriesOfNodes.set(node, known);
	return known;
}
