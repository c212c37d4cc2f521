import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Makes n8n write its log to a file. For a whole test file: n8n-core creates its logger when it is first used.
 *
 * @returns a function that waits until the log has a text, five seconds at most, and returns the log
 */
export function captureLog(): (waitedFor: string) => Promise<string> {
	let folder: string;
	const file = () => join(folder, 'n8n.log');

	beforeAll(async () => {
		folder = await mkdtemp(join(tmpdir(), 'linq-log-'));
		process.env.N8N_LOG_LEVEL = 'debug';
		process.env.N8N_LOG_OUTPUT = 'file';
		process.env.N8N_LOG_FILE_LOCATION = file();
	});
	afterAll(async () => {
		await rm(folder, { recursive: true });
	});

	return async (waitedFor) => {
		let log = '';
		for (let tries = 0; tries < 250 && !log.includes(waitedFor); tries++) {
			await new Promise((resolve) => setTimeout(resolve, 20));
			log = await readFile(file(), 'utf8').catch(() => '');
		}
		if (!log.includes(waitedFor)) throw new Error(`n8n has not logged: ${waitedFor}`);
		return log;
	};
}
