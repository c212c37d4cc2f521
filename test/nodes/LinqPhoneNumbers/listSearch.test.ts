import { searchLines } from '../../../nodes/LinqPhoneNumbers/listSearch';
import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { loadOptionsContext } from '../../support/runNode';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';

describe('The line picker', () => {
	let server: FakeLinqApi;
	const search = async (filter?: string) => {
		const context = loadOptionsContext(
			new LinqPhoneNumbers(),
			{ operation: 'updateForwarding' },
			{ apiKey: server.apiKey, baseUrl: server.baseUrl },
		);
		return await searchLines.call(context, filter);
	};

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it("shows each line's number and reputation, and where its calls go", async () => {
		const { results } = await search();
		expect(results.map(({ name }) => name)).toEqual([
			'+12025550001 (HEALTHY) → +12025559999',
			'+12025550002 (AT_RISK)',
			'+12025550003 (CRITICAL)',
			'+12025550004 (HEALTHY)',
			'+12025550005 (AT_RISK)',
		]);
		expect(results[1]?.value).toBe(server.lines[1]?.id);
	});

	it.each([
		['555-0003', ['+12025550003 (CRITICAL)']],
		['\u200b+1\u2007202\u2212555\u20100003', ['+12025550003 (CRITICAL)']],
		['０００３', ['+12025550003 (CRITICAL)']],
		['at risk', ['+12025550002 (AT_RISK)', '+12025550005 (AT_RISK)']],
		// Where its calls go, also as it is shown.
		['555-9999', ['+12025550001 (HEALTHY) → +12025559999']],
		['(HEALTHY) → +1 202', ['+12025550001 (HEALTHY) → +12025559999']],
		['nothing like it', []],
	])('finds the lines for %s', async (typed, expected) => {
		const { results } = await search(typed);
		expect(results.map(({ name }) => name)).toEqual(expected);
	});

	it("shows Linq's message if it fails", async () => {
		server.faults.push({ fault: { kind: 'apiError', code: 2005 } });
		await expect(search()).rejects.toThrow('Could not list the lines: Access denied');
	});
});
