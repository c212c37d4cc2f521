/*
 * Runs n8n's scanner of community packages on the source and on the package as npm would publish it. As when n8n verifies
 * a package, comments that disable a rule are ignored. Warnings count as well.
 */
import {
	buildScanConfig,
	SOURCE_FILE_PATTERNS,
} from '@n8n/scan-community-package/scanner/scanner.mjs';
import { ESLint } from 'eslint';
import { execa } from 'execa';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const overrideConfig = await buildScanConfig();

async function scan(what, cwd, patterns) {
	const eslint = new ESLint({
		cwd,
		allowInlineConfig: false,
		overrideConfigFile: true,
		overrideConfig,
	});
	const results = await eslint.lintFiles(patterns);
	const found = results.reduce(
		(sum, { errorCount, warningCount }) => sum + errorCount + warningCount,
		0,
	);
	if (found > 0) {
		const formatter = await eslint.loadFormatter('stylish');
		console.error(`n8n's scan of ${what}:\n${await formatter.format(results)}`);
		process.exitCode = 1;
	}
}

await scan('the source', process.cwd(), SOURCE_FILE_PATTERNS);

const folder = await mkdtemp(join(tmpdir(), 'linq-scan-'));
try {
	const pack = await execa('npm', ['pack', '--pack-destination', folder, '--loglevel=error']);
	await execa('tar', ['-xzf', pack.stdout.trim().split('\n').at(-1) ?? ''], { cwd: folder });
	await scan('the package', join(folder, 'package'), ['**/*.{js,ts,json}']);
} finally {
	await rm(folder, { recursive: true });
}
