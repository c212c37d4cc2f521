import { manyLines } from '../fakeLinqApi/fixtures';
import { startFakeLinqApi } from '../fakeLinqApi/server';
import type { Counts, LinqApiOptions } from './forkFakeApi';
import { ACCOUNT } from './forkFakeApi';

/** Starts a local Linq API in this process, for the one that forked it. */
async function main(): Promise<void> {
	const { lines, ...options } = JSON.parse(process.argv[2] ?? '') as LinqApiOptions;
	const server = await startFakeLinqApi({ ...options, lines: manyLines(lines, ACCOUNT) });
	// Any message asks for the counts, which then start over.
	process.on('message', () => {
		const counts: Counts = {
			lists: server.requests.filter(({ method }) => method === 'GET').length,
			updates: server.requests.filter(({ method }) => method === 'PUT').length,
			applied: server.writes.length,
		};
		server.requests.length = 0;
		server.writes.length = 0;
		process.send?.(counts);
	});
	process.send?.({ apiKey: server.apiKey, baseUrl: server.baseUrl });
}

void main();
