import { execa, type ResultPromise } from 'execa';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installN8n } from './installN8n.js';

/** An n8n of our own, with the packed package installed as n8n installs community packages. */
export interface N8nHost {
	/** Where workflows may write files. */
	filesFolder: string;
	/** Runs one of n8n's commands to its end, and answers what it printed. */
	command: (...args: string[]) => Promise<string>;
	/** Imports credentials: id, name, type and data of each. */
	importCredentials: (credentials: object[]) => Promise<void>;
	/** Imports one of the examples, as it is in the repo but for the folder and the chat that it writes to. Answers its id. */
	importExample: (file: string, chat?: string) => Promise<string>;
	/** Starts n8n's server and answers its address. */
	start: () => Promise<string>;
	/** Stops the server, if it runs. */
	stop: () => Promise<void>;
}

/** The folder in the examples, which n8n's Docker image lets workflows write to. */
const EXAMPLES_FILES_FOLDER = '/home/node/.n8n-files';

/** The chat in the examples. */
const EXAMPLES_CHAT = 'https://chat.example.com/incoming-webhook';

/** Prepares an n8n whose data is in a folder. */
export async function prepareN8n(userFolder: string, port?: number): Promise<N8nHost> {
	const n8n = await installN8n();
	const filesFolder = join(userFolder, 'files');
	const packages = join(userFolder, '.n8n', 'nodes');
	await mkdir(filesFolder, { recursive: true });
	await mkdir(packages, { recursive: true });
	await installPackage(packages);

	const usedPort = port ?? (await freePort());
	const address = `http://127.0.0.1:${usedPort}`;
	const options = {
		cwd: userFolder,
		all: true,
		forceKillAfterDelay: 10_000,
		env: {
			N8N_USER_FOLDER: userFolder,
			N8N_RESTRICT_FILE_ACCESS_TO: filesFolder,
			N8N_LISTEN_ADDRESS: '127.0.0.1',
			N8N_PORT: String(usedPort),
			N8N_RUNNERS_BROKER_PORT: String(await freePort()),
			// Linq subscribes https addresses alone; the local Linq API calls them without.
			WEBHOOK_URL: address.replace('http:', 'https:'),
			N8N_SECURE_COOKIE: 'false',
			N8N_DIAGNOSTICS_ENABLED: 'false',
			N8N_PERSONALIZATION_ENABLED: 'false',
			N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
			N8N_TEMPLATES_ENABLED: 'false',
			N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS: 'true',
			N8N_LOG_LEVEL: 'warn',
		},
	} as const;
	const start = (...args: string[]) => execa(process.execPath, [n8n, ...args], options);
	const command = async (...args: string[]) => (await start(...args)).all;
	const importJson = async (kind: 'credentials' | 'workflow', json: string) => {
		const folder = await mkdtemp(join(tmpdir(), 'linq-demo-import-'));
		try {
			const file = join(folder, 'import.json');
			await writeFile(file, json, { mode: 0o600 });
			await command(`import:${kind}`, `--input=${file}`);
		} finally {
			await rm(folder, { recursive: true });
		}
	};

	let server: ResultPromise<typeof options> | undefined;
	return {
		filesFolder,
		command,
		importCredentials: async (credentials) => {
			await importJson('credentials', JSON.stringify(credentials));
		},
		importExample: async (file, chat = EXAMPLES_CHAT) => {
			const text = await readFile(resolve('examples', file), 'utf8');
			const example: unknown = JSON.parse(
				text.replaceAll(EXAMPLES_FILES_FOLDER, filesFolder).replaceAll(EXAMPLES_CHAT, chat),
			);
			// A short stable id, so that a lasting n8n gets each example once.
			const id = file.replace(/\W|json$/g, '').slice(0, 16);
			await importJson('workflow', JSON.stringify([{ ...Object(example), id, active: false }]));
			return id;
		},
		start: async () => {
			const running = start('start');
			server = running;
			running.catch(() => undefined);
			// The editor's own first question: n8n says that it is healthy before it answers this.
			for (let seconds = 0; seconds < 120; seconds++) {
				const health = await fetch(`${address}/rest/settings`).catch(() => undefined);
				if (health?.ok) return address;
				if (running.exitCode !== null) break;
				await delay(1_000);
			}
			throw new Error(
				`n8n did not start: ${running.exitCode === null ? 'no answer for two minutes' : (await running).all}`,
			);
		},
		stop: async () => {
			server?.kill();
			await server?.catch(() => undefined);
			server = undefined;
		},
	};
}

/** Packs the package as npm would publish it, and installs the tarball. */
async function installPackage(packages: string): Promise<void> {
	const folder = await mkdtemp(join(tmpdir(), 'linq-demo-pack-'));
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

async function freePort(): Promise<number> {
	return await new Promise((done, failed) => {
		const probe = createServer().once('error', failed);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() => {
				done(typeof address === 'object' && address ? address.port : 0);
			});
		});
	});
}
