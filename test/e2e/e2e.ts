import { after, before, describe } from 'node:test';
import { parseArgs } from 'node:util';
import { N8N_VERSION } from '../../demo/installN8n.js';
import { agents } from './agents.js';
import { editor } from './editor.js';
import { examples } from './examples.js';
import { killed } from './killed.js';
import { nodeRuns } from './nodeRuns.js';
import type { Setting } from './setting.js';
import { startSetting } from './setting.js';

const { values } = parseArgs({
	options: {
		n8n: { type: 'string', default: N8N_VERSION },
		/** Writes down what models are shown. */
		update: { type: 'boolean', default: false },
	},
});

describe(`n8n ${values.n8n}`, { timeout: 1_200_000 }, () => {
	let started: Setting | undefined;
	const setting = () => {
		if (!started) throw new Error('n8n has not been started');
		return started;
	};
	before(async () => {
		started = await startSetting(values.n8n);
	});
	after(async () => {
		await started?.stop();
	});

	describe('the node', () => {
		nodeRuns(setting);
	});
	describe('agents', () => {
		agents(setting, values.update);
	});
	describe('the editor', () => {
		editor(setting);
	});
	describe('the examples', () => {
		examples(setting);
	});
	describe('n8n is killed', () => {
		killed(setting);
	});
});
