import envPaths from 'env-paths';
import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Pinned: a newer n8n must be tested before it is supported. */
export const N8N_VERSION = '2.41.1';

/** n8n 1, which the package supports as well. */
export const OLD_N8N_VERSION = '1.123.81';

/** The user's folder for what the demo downloads once. */
export const cacheFolder = envPaths('n8n-nodes-linq-phone-numbers', { suffix: '' }).cache;

/**
 * Installs n8n into the user's cache folder, unless it is there.
 *
 * @returns the path of n8n's command, to be run with Node.js 24
 */
export async function installN8n(version = N8N_VERSION): Promise<string> {
	const folder = join(cacheFolder, `n8n-${version}-node${process.versions.modules}`);
	const command = join('node_modules', 'n8n', 'bin', 'n8n');
	if (existsSync(join(folder, command))) return join(folder, command);

	console.log(`Installing n8n ${version} into ${folder} (once; 3 GB, some minutes)`);
	// Under another name until it is complete: an interrupted install is never used.
	const unfinished = `${folder}.${process.pid}.unfinished`;
	await mkdir(unfinished, { recursive: true });
	try {
		// n8n 1 would install this one from outside the registry.
		const overrides = version.startsWith('1.') ? { xlsx: '0.18.5' } : {};
		await writeFile(join(unfinished, 'package.json'), JSON.stringify({ private: true, overrides }));
		// Without scripts: some of n8n's dependencies compile what the demo does not need.
		await npm(unfinished, ['install', `n8n@${version}`, '--ignore-scripts'], 'downloading');
		await npm(unfinished, ['rebuild', 'sqlite3', 'isolated-vm'], 'building the database driver');
		await rename(unfinished, folder).catch((error: unknown) => {
			// Another process has installed it meanwhile.
			if (!existsSync(join(folder, command))) throw error;
		});
	} finally {
		await rm(unfinished, { recursive: true, force: true });
	}
	return join(folder, command);
}

/** Runs npm, and prints that it is still running every ten seconds. */
async function npm(cwd: string, args: string[], action: string): Promise<void> {
	const started = Date.now();
	const progress = setInterval(() => {
		console.log(`  ${action}: ${Math.round((Date.now() - started) / 1_000)} s`);
	}, 10_000);
	const headers = nodeHeaders();
	try {
		await execa('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
			cwd,
			env: headers ? { npm_config_nodedir: headers } : {},
		});
	} finally {
		clearInterval(progress);
	}
}

/** Returns the folder with the headers of this Node.js, for addons without a prebuilt binary. */
function nodeHeaders(): string | undefined {
	const packaged = resolve('node_modules', 'node', 'node_modules');
	const { platform, arch } = process;
	return [join(packaged, `node-${platform}-${arch}`), dirname(dirname(process.execPath))].find(
		(folder) => existsSync(join(folder, 'include', 'node', 'node_version.h')),
	);
}
