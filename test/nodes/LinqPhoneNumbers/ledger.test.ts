import { randomUUID } from 'node:crypto';
import type { IDataObject, OnError } from 'n8n-workflow';
import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { getAccountClient } from '../../../nodes/shared/n8n/accountClient';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { useFakeClock } from '../../support/fakeClock';
import { loadOptionsContext, runNode } from '../../support/runNode';

const FORWARD = '+12025557777';
const MINUTE = 60_000;

describe('The record of an account’s updates', () => {
	const clock = useFakeClock();
	let server: FakeLinqApi;
	const credentials = () => ({ apiKey: server.apiKey, baseUrl: server.baseUrl });
	const update = async (
		items: IDataObject[],
		parameters: IDataObject = {},
		onError: OnError = 'continueRegularOutput',
	) =>
		await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: '={{ $json.id }}',
				forwarding: "={{ $json.to ? 'set' : 'clear' }}",
				forwardingNumber: '={{ $json.to }}',
				...parameters,
			},
			items,
			onError,
			credentials: credentials(),
		});
	/** The account's client in this process, as every run gets it. */
	const client = async () =>
		await getAccountClient(loadOptionsContext(new LinqPhoneNumbers(), {}, credentials()));

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('has no update that was never sent: Skip Unchanged sends nothing after a stopped run', async () => {
		server.lines.splice(0, 5, ...manyLines(60));
		server.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } });
		const items = server.lines.map(({ id }) => ({ id, to: FORWARD }));
		await update(items, {}, 'stopWorkflow');
		const untouched = server.lines.filter(({ forwarding_number }) => forwarding_number === null);
		expect(untouched.length).toBeGreaterThan(40);
		server.requests.length = 0;
		await update(
			untouched.map(({ id }) => ({ id, to: '' })),
			{ options: { skipUnchanged: true } },
		);
		expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
	});

	it('has no update that Linq rejected, which is not reported as sent without confirmation either', async () => {
		server.faults.push({ method: 'PUT', fault: { kind: 'apiError', code: 2005 } });
		const items = server.lines.map(({ id }) => ({ id, to: FORWARD }));
		const { error } = await update(items, {}, 'stopWorkflow');
		expect(error?.description).toContain('No lines were updated.');
		expect(error?.description).not.toContain('without confirmation');
		expect((await client()).writes.size).toBe(0);
	});

	it('keeps an unconfirmed update if a later one was rejected', async () => {
		const [, line] = server.lines;
		const id = line?.id ?? '';
		server.faults.push(
			{ method: 'PUT', times: 1, fault: { kind: 'response', status: 504, body: '' } },
			{ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } },
		);
		const options = { maxRetries: 0 };
		await update([{ id, to: FORWARD }], { options });
		await update([{ id, to: '+12025557778' }], { options });
		server.requests.length = 0;
		// The first may still be applied: its undo is sent, although the list shows that state already.
		await update([{ id, to: '' }], { options: { skipUnchanged: true } });
		expect(server.requests.map(({ method }) => method)).toEqual(['GET', 'PUT']);
	});

	it('has no lines that do not exist', async () => {
		const items = Array.from({ length: 300 }, () => ({ id: randomUUID(), to: FORWARD }));
		const { outputs } = await update(items);
		expect(outputs[0]?.every(({ json }) => json.error !== undefined)).toBe(true);
		expect(server.requests).toHaveLength(300);
		expect((await client()).writes.size).toBe(0);
	});

	it('is dropped when the account has been idle', async () => {
		await update([{ id: server.lines[0]?.id ?? '', to: FORWARD }]);
		const before = await client();
		expect(before.writes.size).toBe(1);
		clock.advance(9 * MINUTE);
		expect(await client()).toBe(before);
		clock.advance(11 * MINUTE);
		const after = await client();
		expect(after).not.toBe(before);
		expect(after.writes.size).toBe(0);
	});
});

describe('An update by ID that forwards a line to itself', () => {
	let server: FakeLinqApi;
	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('fails, and says that it was applied and how to repair it', async () => {
		const [, line] = server.lines;
		const { outputs } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: line?.id ?? '',
				forwardingNumber: line?.phone_number ?? '',
			},
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			onError: 'continueRegularOutput',
		});
		expect(line?.forwarding_number).toBe(line?.phone_number);
		expect(outputs[0]?.[0]?.json.error).toMatchObject({
			message: 'The line +12025550002 is now forwarded to itself, so its calls reach nobody',
			description: expect.stringContaining('Update the line once more') as string,
			source: 'input',
			retryable: false,
		});
	});
});

describe("An item's own options", () => {
	it('apply to its own list only: without retries it fails, with retries it succeeds', async () => {
		const server = await startFakeLinqApi();
		server.faults.push({
			method: 'GET',
			times: 2,
			fault: { kind: 'apiError', code: 3006, headers: { 'retry-after-ms': '1' } },
		});
		const { outputs } = await runNode({
			parameters: {
				operation: 'list',
				options: { maxRetries: '={{ $json.retries }}' },
			},
			items: [{ retries: 0 }, { retries: 2 }, { retries: 2 }],
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			onError: 'continueRegularOutput',
		});
		await server.close();
		const failed = outputs[0]?.filter(({ json }) => json.error !== undefined) ?? [];
		expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }]);
		expect(outputs[0]).toHaveLength(11);
		// One for the first item, and one with a retry for the other two.
		expect(server.requests).toHaveLength(3);
	});
});
