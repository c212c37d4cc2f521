import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The outcome of a scenario. */
interface Report {
	name: string;
	status: string;
	unhandled: string[];
}

const CONTROL = 'the control: an unhandled rejection';

describe('An unhandled rejection, which would end n8n’s process,', () => {
	const reports: Report[] = [];
	let child: ChildProcess;

	let folder: string;

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'linq-rejections-'));
		const tsconfig = join(folder, 'tsconfig.json');
		// The engine that jest maps these names to.
		const paths = {
			'n8n-core': [require.resolve('n8n-core')],
			'n8n-workflow': [require.resolve('n8n-workflow')],
		};
		await writeFile(tsconfig, JSON.stringify({ compilerOptions: { paths } }));
		child = fork('test/support/unhandledRejections.child.ts', {
			// Node.js would print a warning about the control.
			silent: true,
			execArgv: ['--import', 'tsx', '--unhandled-rejections=strict'],
			env: { ...process.env, TSX_TSCONFIG_PATH: tsconfig },
		});
		child.on('message', (report: Report) => reports.push(report));
		const [code] = (await once(child, 'exit')) as [number | null];
		expect(code).toBe(0);
	}, 60_000);
	afterAll(async () => {
		child.kill();
		await rm(folder, { recursive: true });
	});

	it('is noticed by this test', () => {
		const control = reports.find(({ name }) => name === CONTROL);
		expect(control?.unhandled).toEqual(['Error: heard by nobody']);
	});

	it('does not come from any scenario', () => {
		const runs = reports.filter(({ name }) => name !== CONTROL);
		expect(runs.filter(({ unhandled }) => unhandled.length > 0)).toEqual([]);
		expect(runs.map(({ name, status }) => `${name} → ${status}`)).toEqual(
			runs.map(({ name }) => {
				const status = name.startsWith('canceled')
					? 'canceled'
					: name.startsWith('Continue')
						? 'success'
						: 'error';
				return `${name} → ${status}`;
			}),
		);
		expect(runs.length).toBeGreaterThanOrEqual(9);
	});
});
