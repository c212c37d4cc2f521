import { execa, type ResultPromise } from 'execa';
import getPort from 'get-port';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installN8n, N8N_VERSION } from './installN8n.js';

/** A real n8n, with the packed package installed as n8n installs community packages. */
export interface N8nHost {
	/** The server's address. */
	address: string;
	/** The folder that workflows may write to. */
	filesFolder: string;
	/** Runs one of n8n's commands to its end, and returns its output. */
	command: (...args: string[]) => Promise<string>;
	/** Imports credentials: id, name, type and data of each. */
	importCredentials: (credentials: object[]) => Promise<void>;
	/** Imports an example, with this n8n's folder and address and with a chat, and returns its id. */
	importExample: (file: string, chat?: string) => Promise<string>;
	/** Imports a workflow under an id. */
	importWorkflow: (id: string, workflow: object) => Promise<void>;
	/** Publishes a workflow, from the server's next start on. */
	publish: (id: string) => Promise<void>;
	/** Starts n8n's server, or another process of queue mode, and returns its address. */
	start: (role?: 'start' | 'worker' | 'webhook') => Promise<string>;
	/** Stops the server, if it runs: as an operator does, or at once as a power cut does. */
	stop: (how?: 'SIGTERM' | 'SIGKILL') => Promise<void>;
	/** The server's output since its last start. */
	printed: () => string;
}

export interface N8nOptions {
	version?: string;
	port?: number;
	/** Environment variables beside those that keep n8n quiet and local. */
	env?: Record<string, string>;
}

/** The folder in the examples, which n8n's Docker image lets workflows write to. */
export const EXAMPLES_FILES_FOLDER = '/home/node/.n8n-files';

/** The address of n8n in the examples. */
export const EXAMPLES_N8N = 'https://n8n.example.com';

/** The chat in the examples. */
export const EXAMPLES_CHAT = 'https://chat.example.com/incoming-webhook';

/** Installs an n8n whose data is in a folder, and the package in it. It does not run yet. */
export async function prepareN8n(userFolder: string, options: N8nOptions = {}): Promise<N8nHost> {
	const version = options.version ?? N8N_VERSION;
	const n8n = await installN8n(version);
	const filesFolder = join(userFolder, 'files');
	const packages = join(userFolder, '.n8n', 'nodes');
	await mkdir(filesFolder, { recursive: true });
	await mkdir(packages, { recursive: true });
	await installPackage(packages);

	const port = String(options.port ?? (await getPort()));
	const address = `http://127.0.0.1:${port}`;
	const spawnOptions = {
		cwd: userFolder,
		all: true,
		forceKillAfterDelay: 40_000,
		env: {
			N8N_USER_FOLDER: userFolder,
			N8N_RESTRICT_FILE_ACCESS_TO: filesFolder,
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_PORT: port,
			QUEUE_HEALTH_CHECK_ACTIVE: 'true',
			QUEUE_HEALTH_CHECK_PORT: port,
			N8N_RUNNERS_BROKER_PORT: String(await getPort()),
			// Linq accepts https addresses only; the local Linq API calls them by http. n8n 1 reads the second variable.
			N8N_WEBHOOK_URL: address.replace('http:', 'https:'),
			WEBHOOK_URL: options.env?.N8N_WEBHOOK_URL ?? address.replace('http:', 'https:'),
			N8N_SECURE_COOKIE: 'false',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
			N8N_LOG_LEVEL: 'warn',
			...options.env,
		},
	} as const;
	const run = (...args: string[]) => execa(process.execPath, [n8n, ...args], spawnOptions);
	const command = async (...args: string[]) => (await run(...args)).all;
	const importJson = async (kind: 'credentials' | 'workflow', json: string) => {
		const folder = await mkdtemp(join(tmpdir(), 'linq-import-'));
		try {
			const file = join(folder, 'import.json');
			await writeFile(file, json, { mode: 0o600 });
			await command(`import:${kind}`, `--input=${file}`);
		} finally {
			await rm(folder, { recursive: true });
		}
	};

	const importWorkflow = async (id: string, workflow: unknown) => {
		await importJson('workflow', JSON.stringify([{ ...Object(workflow), id, active: false }]));
	};

	let server: ResultPromise<typeof spawnOptions> | undefined;
	let printed = '';
	return {
		address,
		filesFolder,
		command,
		importCredentials: async (credentials) => {
			await importJson('credentials', JSON.stringify(credentials));
		},
		importExample: async (file, chat = EXAMPLES_CHAT) => {
			const text = await readFile(resolve('examples', file), 'utf8');
			const example: unknown = JSON.parse(
				text
					.replaceAll(EXAMPLES_FILES_FOLDER, filesFolder)
					.replaceAll(EXAMPLES_CHAT, chat)
					.replaceAll(EXAMPLES_N8N, address),
			);
			// A short stable id, so that a lasting n8n gets each example once.
			const id = file.replace(/\W|json$/g, '').slice(0, 16);
			await importWorkflow(id, example);
			return id;
		},
		importWorkflow,
		publish: async (id) => {
			await (version.startsWith('1.')
				? command('update:workflow', `--id=${id}`, '--active=true')
				: command('publish:workflow', `--id=${id}`));
		},
		start: async (role = 'start') => {
			const running = run(role);
			server = running;
			printed = '';
			running.all.on('data', (chunk: Buffer) => (printed += chunk.toString()));
			running.catch(() => undefined);
			// The editor's own first request: the main process reports that it is healthy before it can serve this. While it
			// starts up, it responds to everything with a text.
			const path = role === 'start' ? '/rest/settings' : '/healthz/readiness';
			for (let tries = 0; tries < 240; tries++) {
				const response = await fetch(address + path).catch(() => undefined);
				const type = response?.headers.get('content-type') ?? '';
				if (response?.ok && type.includes('json')) return address;
				if (running.exitCode !== null) break;
				await delay(500);
			}
			throw new Error(
				`n8n ${role} did not start${running.exitCode === null ? ' within two minutes' : ''}:\n${printed}`,
			);
		},
		stop: async (how = 'SIGTERM') => {
			server?.kill(how);
			await server?.catch(() => undefined);
			server = undefined;
		},
		printed: () => printed,
	};
}

/** Packs the package as npm would publish it, and installs the tarball. */
async function installPackage(packages: string): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'linq-pack-'));
	try {
		const { stdout } = await execa('npm', [
			'pack',
			'--pack-destination',
			folder,
			'--loglevel=error',
		]);
		const tarball = join(folder, stdout.trim().split('\n').at(-1) ?? '');
		const flags = [
			'--omit=peer',
			'--legacy-peer-deps',
			'--ignore-scripts',
			'--no-audit',
			'--no-fund',
		];
		await execa('npm', ['install', tarball, ...flags, '--loglevel=error'], { cwd: packages });
	} finally {
		await rm(folder, { recursive: true });
	}
}
