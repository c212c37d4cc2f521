import { BoundedMap } from '../shared/concurrency/boundedMap';
import { clock } from '../shared/n8n/clock';

/** How many deliveries each node remembers: those that come twice mostly do so at once. */
const KEPT = 1_000;
const MAX_NODES = 1_000;

/** Linq tries to deliver an event for about 25 minutes. */
const IDLE_MS = 30 * 60_000;

/** By node and `webhook-id`, oldest first: whether n8n took the delivery, once that is known. */
const deliveriesOfNodes = new BoundedMap<string, BoundedMap<string, Promise<boolean>>>({
	maxSize: MAX_NODES,
	idleMs: IDLE_MS,
	now: () => clock.now(),
});

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
	const deliveries = deliveriesOfNodes.get(node) ?? new BoundedMap({ maxSize: KEPT });
	deliveriesOfNodes.set(node, deliveries);
	if (await deliveries.get(id)) return true;
	deliveries.set(id, taken);
	return false;
}
