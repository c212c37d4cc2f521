import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The beginning of all line IDs, so that the measuring process knows them. */
export const ACCOUNT = '550e8400-e29b-41d4-a716-';

export interface LinqApiOptions {
	/** How many lines there are. */
	lines: number;
	requestsPerSecond?: number;
	responseDelayMs?: number;
}

/** The requests to a local Linq API since the last counts. */
export interface Counts {
	lists: number;
	updates: number;
	/** Updates that it applied. */
	applied: number;
}

export interface LinqProcess {
	credentials: { apiKey: string; baseUrl: string };
	/** Returns the counts, which then start over. */
	counts: () => Promise<Counts>;
	stop: () => void;
}

/** Starts a local Linq API in a process of its own, so that it does not slow down the measured one. */
export async function startLinqProcess(options: LinqApiOptions): Promise<LinqProcess> {
	const child = fork(join(__dirname, 'fakeApi.child.ts'), [JSON.stringify(options)], {
		execArgv: ['--import', 'tsx'],
	});
	const nextMessage = async <T>() => ((await once(child, 'message')) as [T])[0];
	return {
		credentials: await nextMessage(),
		counts: async () => {
			child.send('counts');
			return await nextMessage();
		},
		stop: () => {
			child.kill();
		},
	};
}
