import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The account of every API that is measured: the process that measures knows its line IDs. */
export const ACCOUNT = '550e8400-e29b-41d4-a716-';

export interface LinqApiOptions {
	/** How many there are. */
	lines: number;
	requestsPerSecond?: number;
	responseDelayMs?: number;
}

/** What a local Linq API was asked since it was asked for these counts. */
export interface Counts {
	lists: number;
	updates: number;
	/** Updates that it did. */
	applied: number;
}

export interface LinqProcess {
	credentials: { apiKey: string; baseUrl: string };
	/** Answers the counts, and begins anew. */
	counts: () => Promise<Counts>;
	stop: () => void;
}

/** Starts a local Linq API in a process of its own: in the one that is measured, it would take its time. */
export async function startLinqProcess(options: LinqApiOptions): Promise<LinqProcess> {
	const child = fork(join(__dirname, 'fakeApi.child.ts'), [JSON.stringify(options)], {
		execArgv: ['--import', 'tsx'],
	});
	const answer = async <T>() => ((await once(child, 'message')) as [T])[0];
	return {
		credentials: await answer(),
		counts: async () => {
			child.send('counts');
			return await answer();
		},
		stop: () => {
			child.kill();
		},
	};
}
