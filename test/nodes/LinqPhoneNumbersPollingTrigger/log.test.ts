import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { captureLog } from '../../support/captureLog';
import { startPollingHarness } from '../../support/pollingHarness';

describe("The polling trigger's lines in n8n's log", () => {
	const readLog = captureLog();
	let server: FakeLinqApi;
	const start = (lines: string[] = []) =>
		startPollingHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			parameters: { lines },
		});
	/** Returns the messages of the log's lines that contain the words. */
	const logged = async (words: string) => {
		const lines = (await readLog(words)).split('\n').filter((line) => line.includes(words));
		return lines.map((line) => (JSON.parse(line) as { message: string }).message);
	};
	const PREFIX = 'Linq Phone Numbers: trigger "Poll" in workflow "Test" (ID 1) ';

	beforeAll(async () => {
		server = await startFakeLinqApi({ lines: manyLines(3) });
	});
	afterAll(async () => {
		await server.close();
	});

	it('another account: one line that names the workflow and the node', async () => {
		const harness = start();
		await harness.publish();
		for (let changes = 0; changes < 2; changes++) {
			server.lines.splice(0, server.lines.length, ...manyLines(3));
			await harness.poll();
		}
		expect(await logged('another Linq account')).toEqual([
			expect.stringContaining(`${PREFIX}found none of the lines that it knew`),
		]);
	});

	it('invalid static data: a line that names the workflow and the node', async () => {
		const harness = start();
		harness.overwrite({ lines: 'all' });
		await harness.publish();
		expect(await logged('the state that its last poll left')).toEqual([
			expect.stringContaining(`${PREFIX}could not read the state that its last poll left`),
		]);
	});

	it('a removed line that is watched: a line without its phone number', async () => {
		const [first, second] = server.lines;
		const number = first?.phone_number ?? '';
		const harness = start([number, second?.id ?? '']);
		await harness.publish();
		server.lines.shift();
		await harness.poll();
		await harness.poll();
		const lines = await logged('watches lines');
		expect(lines).toEqual([expect.stringContaining('1 of the 2 under Line Names or IDs')]);
		expect(lines[0]).not.toContain(number);
	});
});
