import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { N8nHost } from '../../demo/n8nHost.js';
import { prepareN8n } from '../../demo/n8nHost.js';
import { exampleLines } from '../fakeLinqApi/fixtures.js';
import type { FakeLinqApi } from '../fakeLinqApi/server.js';
import { startFakeLinqApi } from '../fakeLinqApi/server.js';
import { N8nApi } from './n8nApi.js';

/** One real n8n beside a local Linq API. */
export interface Environment {
	version: string;
	n8n: N8nHost;
	api: N8nApi;
	linq: FakeLinqApi;
	/** The id of the Linq credential in n8n. */
	credential: string;
	/** Resets the local Linq API: its lines, the recorded requests and the faults. */
	reset: () => void;
	stop: () => Promise<void>;
}

/**
 * Starts n8n and a local Linq API, and creates the Linq credential.
 *
 * @param env environment variables of n8n beside its usual ones
 */
export async function startEnvironment(
	version: string,
	env: Record<string, string> = {},
): Promise<Environment> {
	const folder = await mkdtemp(join(tmpdir(), 'linq-e2e-'));
	const linq = await startFakeLinqApi({ plainLoopback: true });
	const n8n = await prepareN8n(folder, {
		version,
		env: {
			// Community nodes as tools of agents.
			N8N_COMMUNITY_PACKAGES_ALLOW_TOOL_USAGE: 'true',
			...env,
		},
	});
	const stop = async () => {
		await n8n.stop();
		await linq.close();
		await rm(folder, { recursive: true, force: true });
	};
	try {
		console.log(`  starting n8n ${version}`);
		const api = await N8nApi.open(await n8n.start());
		const credential = await api.createCredential('Linq API', 'linqApi', {
			apiKey: linq.apiKey,
			baseUrl: linq.baseUrl,
		});
		const reset = () => {
			linq.lines.splice(0, linq.lines.length, ...exampleLines());
			linq.requests.length = 0;
			linq.faults.length = 0;
		};
		return { version, n8n, api, linq, credential, reset, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
