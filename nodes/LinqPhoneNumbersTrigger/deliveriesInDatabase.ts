import type { IExecuteFunctions } from 'n8n-workflow';
import { sleep } from 'n8n-workflow';
import { inTurn } from '../n8n/turns';
import { nodeInWords } from './operatorLog';

/** How many deliveries n8n's database remembers for the node. */
const KEPT = 2_000;

/**
 * Copies that reach two n8n processes at one moment become executions with numbers next to each other. Each waits for
 * a while by its number, so that they do not look into the database at one moment as well.
 */
const STAGGER_STEPS = 4;
const STAGGER_MS = 60;

/** How long n8n takes at most to read its table and to write it. */
const SETTLED_MS = 100;

/** Then the workflow starts: better twice than never. */
const MOST_TRIES = 5;

/**
 * Records a delivery in n8n's database, and answers whether it is there for the first time.
 *
 * n8n reads its table and writes it whole, and so another process may undo what this one wrote. So the delivery is
 * looked for once more, and written again where it is gone.
 *
 * @param id the delivery's `webhook-id`
 * @see https://docs.n8n.io/integrations/builtin/core-nodes/n8n-nodes-base.removeduplicates/ for the table
 */
export async function isFirstDelivery(context: IExecuteFunctions, id: string): Promise<boolean> {
	await sleep((Number(context.getExecutionId()) % STAGGER_STEPS || 0) * STAGGER_MS);
	let written = false;
	for (let tries = 0; tries < MOST_TRIES; tries++) {
		const added = await record(context, id).catch((error: unknown) => error);
		if (added === false) return written;
		if (added === true) written = true;
		await sleep(SETTLED_MS);
	}
	if (!written) {
		context.logger.warn(
			`${nodeInWords(context)} could not look up in n8n's database whether an event came before, and started the workflow for it`,
		);
	}
	return true;
}

/** Answers whether the delivery was not there yet. */
async function record(context: IExecuteFunctions, id: string): Promise<boolean> {
	const { helpers } = context;
	const { new: added } = await inTurn(
		`deliveries of ${context.getWorkflow().id ?? ''}/${context.getNode().id}`,
		async () =>
			await helpers.checkProcessedAndRecord([id], 'node', { mode: 'entries', maxEntries: KEPT }),
	);
	return added.length > 0;
}
