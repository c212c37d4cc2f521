import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import packageJson from '../../package.json';
import { LinqApi } from '../../credentials/LinqApi.credentials';
import { LinqPhoneNumbers } from '../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { LinqPhoneNumbersPollingTrigger } from '../../nodes/LinqPhoneNumbersPollingTrigger/LinqPhoneNumbersPollingTrigger.node.ts';
import { LinqPhoneNumbersTrigger } from '../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts';

describe('The package', () => {
	it('has no runtime dependencies', () => {
		expect(packageJson).not.toHaveProperty('dependencies');
		expect(packageJson.peerDependencies).toEqual({ 'n8n-workflow': '*' });
	});

	it.each([...packageJson.n8n.nodes, ...packageJson.n8n.credentials])(
		'has a source for %s',
		(built) => {
			expect(existsSync(built.replace('dist/', '').replace('.js', '.ts'))).toBe(true);
		},
	);

	it('has an icon of its own for light and dark', () => {
		for (const { icon, folder } of [
			{ icon: new LinqApi().icon, folder: 'credentials/' },
			...[
				new LinqPhoneNumbers(),
				new LinqPhoneNumbersTrigger(),
				new LinqPhoneNumbersPollingTrigger(),
			].map(({ description }) => ({
				icon: description.icon,
				folder: 'nodes/LinqPhoneNumbers/',
			})),
		]) {
			if (typeof icon !== 'object') throw new Error('One icon for both');
			const [light, dark] = [icon.light, icon.dark].map((file) =>
				readFileSync(folder + file.replace('file:', ''), 'utf8'),
			);
			expect(light).not.toBe(dark);
		}
	});

	it('has a lock file without the addresses of a registry', () => {
		expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved": "http');
	});

	it.each([
		['by hand', {}, 'Only the workflow Publish publishes'],
		['without its tag', { GITHUB_REF: 'refs/heads/main' }, 'The tag must be v'],
	])('is not published %s', (_how, env, words) => {
		const script = '.github/beforePublishing.mjs';
		const { status, stderr } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
		expect(stderr).toContain(words);
		expect(status).toBe(1);
	});
});
