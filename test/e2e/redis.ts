import { execa } from 'execa';
import getPort from 'get-port';
import { setTimeout as delay } from 'node:timers/promises';

export interface Redis {
	port: number;
	stop: () => Promise<void>;
}

/** Starts the `redis-server` that is on the PATH, with its data in memory only. */
export async function startRedis(): Promise<Redis> {
	const port = await getPort();
	const server = execa(
		'redis-server',
		['--port', String(port), '--bind', '127.0.0.1', '--save', ''],
		{ all: true, forceKillAfterDelay: 5_000 },
	);
	let printed = '';
	server.all.on('data', (chunk: Buffer) => (printed += chunk.toString()));
	const exit = server.then(
		() => undefined,
		(error: unknown) => error,
	);
	for (let tries = 0; !printed.includes('Ready to accept connections'); tries++) {
		const ended = await Promise.race([exit, delay(100)]);
		if (ended !== undefined || tries === 100) {
			throw new Error(
				`redis-server could not be started. Install it: on Debian and Ubuntu by apt-get install redis-server.\n${printed}`,
			);
		}
	}
	return {
		port,
		stop: async () => {
			server.kill();
			await exit;
		},
	};
}
