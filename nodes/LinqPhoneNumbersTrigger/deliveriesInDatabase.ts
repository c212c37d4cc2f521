import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { KeyedMutex } from '../shared/concurrency/keyedMutex';
import { nodeInWords } from './operatorLog';

/** How many deliveries n8n's database remembers for the node. */
const KEPT = 2_000;

/**
 * Copies that reach two n8n processes at one moment become executions with numbers next to each other. Each waits for
 * a while by its number, so that they do not look into the database at one moment as well.
 */
const STAGGER_STEPS = 4;
const STAGGER_MS = 60;

/** How long n8n takes at most to read its list and to write it, and as much again at random: processes fall out of step. */
const SETTLED_MS = 100;

/** Then the workflow starts: better twice than never. */
const MOST_TRIES = 20;

/**
 * Records a delivery in n8n's database, and answers whether it is there for the first time.
 *
 * n8n keeps a list for each node, which it reads and writes whole: another process may undo what this one wrote. So
 * the delivery is looked for once more, and written again where it is gone.
 *
 * @param id the delivery's `webhook-id`
 * @see https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.removeduplicates/ for the list
 */
export async function isFirstDelivery(context: IExecuteFunctions, id: string): Promise<boolean> {
	await sleep((Number(context.getExecutionId()) % STAGGER_STEPS || 0) * STAGGER_MS);
	let written = false;
	for (let tries = 0; tries < MOST_TRIES; tries++) {
		const added = await record(context, id).catch((error: unknown) => error);
		if (added === false) return written;
		if (added === true) written = true;
		await sleep(SETTLED_MS * (1 + Math.random()));
	}
	if (!written) {
		context.logger.warn(
			`${nodeInWords(context)} could not look up in n8n's database whether an event came before, and started the workflow for it`,
		);
	}
	return true;
}

/** What is recorded together. */
interface Batch {
	ids: Set<string>;
	/** Those that were not there yet. */
	added: Promise<Set<unknown>>;
}

/** By node: one look-up after the other. */
const lookUps = new KeyedMutex();

/** By node: the deliveries that are waiting while the ones before them are recorded. */
const waiting = new Map<string, Batch>();

/** Answers whether the delivery was not there yet. */
async function record(context: IExecuteFunctions, id: string): Promise<boolean> {
	const node = `deliveries of ${context.getWorkflow().id ?? ''}/${context.getNode().id}`;
	const batch = waiting.get(node) ?? newBatch(context, node);
	// Of two copies in one batch, n8n takes both for new.
	if (batch.ids.has(id)) return await batch.added.then(() => false);
	batch.ids.add(id);
	return (await batch.added).has(id);
}

function newBatch(context: IExecuteFunctions, node: string): Batch {
	const ids = new Set<string>();
	const added = lookUps.runExclusive(node, async () => {
		// Whatever comes at this very moment comes along.
		await Promise.resolve();
		waiting.delete(node);
		const options = { mode: 'entries', maxEntries: KEPT } as const;
		const answer = await context.helpers.checkProcessedAndRecord([...ids], 'node', options);
		return new Set<unknown>(answer.new);
	});
	const batch = { ids, added };
	waiting.set(node, batch);
	return batch;
}
