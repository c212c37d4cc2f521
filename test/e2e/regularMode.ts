import { after, before, describe } from 'node:test';
import { parseArgs } from 'node:util';
import { N8N_VERSION } from '../../demo/installN8n.js';
import { agents } from './agents.js';
import { editor } from './editor.js';
import { eventDelivery } from './eventDelivery.js';
import { examples } from './examples.js';
import { killed } from './crashRecovery.js';
import { nodeRuns } from './executionModes.js';
import type { Environment } from './environment.js';
import { startEnvironment } from './environment.js';
import { polling } from './polling.js';

const { values } = parseArgs({
	options: {
		n8n: { type: 'string', default: N8N_VERSION },
		/** Updates the snapshot of what models are shown. */
		update: { type: 'boolean', default: false },
	},
});

describe(`n8n ${values.n8n}`, { timeout: 1_200_000 }, () => {
	let started: Environment | undefined;
	const environment = () => {
		if (!started) throw new Error('n8n has not been started');
		return started;
	};
	before(async () => {
		started = await startEnvironment(values.n8n);
	});
	after(async () => {
		await started?.stop();
	});

	describe('the node', () => {
		nodeRuns(environment);
	});
	describe('agents', () => {
		agents(environment, values.update);
	});
	describe('the editor', () => {
		editor(environment);
	});
	describe('the examples', () => {
		examples(environment);
	});
	describe('the polling trigger', () => {
		polling(environment);
	});
	describe('if n8n is killed', () => {
		killed(environment);
	});
});

describe(`events in n8n ${values.n8n}`, { timeout: 1_200_000 }, () => {
	eventDelivery(values.n8n);
});
