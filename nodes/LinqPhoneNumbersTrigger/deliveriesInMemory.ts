/** How many deliveries each node remembers: those that come twice mostly do so at once. */
const KEPT = 1_000;

/** By node and `webhook-id`, oldest first: whether n8n took the delivery, once that is known. */
const deliveriesOfNodes = new Map<string, Map<string, Promise<boolean>>>();

/**
 * Waits for an earlier copy of a delivery that came to this n8n process, and answers whether n8n took it. Where it did
 * not, this copy stands for the delivery from now on.
 *
 * @param node which node of which workflow it came to
 * @param id its `webhook-id`
 * @param taken settles once it is known whether n8n takes this copy
 */
export async function wasTakenBefore(
	node: string,
	id: string,
	taken: Promise<boolean>,
): Promise<boolean> {
	const deliveries = deliveriesOfNodes.get(node) ?? new Map<string, Promise<boolean>>();
	deliveriesOfNodes.set(node, deliveries);
	if (await deliveries.get(id)) return true;
	deliveries.delete(id);
	deliveries.set(id, taken);
	const [oldest] = deliveries.keys();
	if (deliveries.size > KEPT && oldest !== undefined) deliveries.delete(oldest);
	return false;
}
