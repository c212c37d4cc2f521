import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { N8nHost } from '../../demo/n8nHost.js';
import { prepareN8n } from '../../demo/n8nHost.js';
import type { LoadBalancer } from './loadBalancer.js';
import { startLoadBalancer } from './loadBalancer.js';
import { N8nApi } from './n8nApi.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';

/** n8n in queue mode, with all processes on this machine. */
export interface QueueMode {
	api: N8nApi;
	main: N8nHost;
	workers: N8nHost[];
	/** The webhook processors. */
	receivers: N8nHost[];
	/** In front of the receivers. */
	loadBalancer: LoadBalancer;
	/** Stops all processes and removes all files. */
	stop: () => Promise<void>;
}

/** Starts one main process, two workers and two webhook processors, with the package in each. */
export async function startQueueMode(version?: string): Promise<QueueMode> {
	const folder = await mkdtemp(join(tmpdir(), 'linq-queue-'));
	const ends: Array<() => Promise<unknown>> = [
		async () => {
			await rm(folder, { recursive: true, force: true });
		},
	];
	const stop = async () => {
		for (const end of ends.splice(0).reverse()) await end().catch(console.error);
	};
	const stopLater = <T extends { stop: () => Promise<void> }>(started: T): T => {
		ends.push(async () => {
			await started.stop();
		});
		return started;
	};
	try {
		// Postgres runs as another user if this one is root.
		await chmod(folder, 0o755);
		await mkdir(join(folder, 'postgres'));
		const postgres = stopLater(await startPostgres(join(folder, 'postgres')));
		const redis = stopLater(await startRedis());
		const targets: string[] = [];
		const loadBalancer = stopLater(await startLoadBalancer(targets));
		const env = {
			EXECUTIONS_MODE: 'queue',
			N8N_ENCRYPTION_KEY: 'the same in each process',
			DB_TYPE: 'postgresdb',
			DB_POSTGRESDB_HOST: '127.0.0.1',
			DB_POSTGRESDB_PORT: String(postgres.port),
			DB_POSTGRESDB_USER: 'postgres',
			DB_POSTGRESDB_DATABASE: 'postgres',
			QUEUE_BULL_REDIS_HOST: '127.0.0.1',
			QUEUE_BULL_REDIS_PORT: String(redis.port),
			N8N_DISABLE_PRODUCTION_MAIN_PROCESS: 'true',
			// A worker logs which executions it has run.
			N8N_LOG_LEVEL: 'info',
			// Linq accepts https addresses only; the local Linq API calls them by http.
			N8N_WEBHOOK_URL: loadBalancer.address.replace('http:', 'https:'),
		};
		const start = async (name: string, role: 'start' | 'worker' | 'webhook') => {
			const host = stopLater(await prepareN8n(join(folder, name), { version, env }));
			console.log(`  starting n8n's ${name}`);
			await host.start(role);
			return host;
		};
		// One after the other: starting all at once takes longer on a small machine.
		const main = await start('main', 'start');
		const workers = [await start('worker 1', 'worker'), await start('worker 2', 'worker')];
		const receivers = [await start('receiver 1', 'webhook'), await start('receiver 2', 'webhook')];
		targets.push(...receivers.map(({ address }) => address));
		return { api: await N8nApi.open(main.address), main, workers, receivers, loadBalancer, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}
