import type { IDataObject, OnError } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import { updateForwardingOperation } from '../../../nodes/LinqPhoneNumbers/operations/updateForwarding';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import type { Fault } from '../../fakeLinqApi/faultInjection';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { runNode } from '../../support/runNode';

const NUMBER = '+12025550002';
const FORWARD = '+12025557777';
const UUID = '550e8400-e29b-41d4-a716-446655440000';
/** A server error with a short Retry-After. */
const SOON: Fault = { kind: 'apiError', code: 3006, headers: { 'retry-after-ms': '30' } };
const byId = (value: unknown): IDataObject => ({ __rl: true, mode: 'id', value: value as string });
const byNumber = (value: unknown): IDataObject => ({
	__rl: true,
	mode: 'number',
	value: value as string,
});

describe('Update Forwarding', () => {
	let server: FakeLinqApi;
	/** The second line's. */
	let id: string;
	const update = async (parameters: IDataObject, items: IDataObject[] = [{}], onError?: OnError) =>
		await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: byId(id),
				forwarding: 'set',
				forwardingNumber: FORWARD,
				...parameters,
			} as never,
			items,
			onError,
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});

	beforeEach(async () => {
		server = await startFakeLinqApi();
		id = server.lines[1]?.id ?? '';
	});
	afterEach(async () => {
		await server.close();
	});

	it.each([
		['id', () => byId(id), 1],
		['id chosen from the list', () => ({ __rl: true, mode: 'list', value: id }), 1],
		['number', () => byNumber('+1 (202) 555-0002'), 2],
		['bare number from an expression', () => NUMBER, 2],
		['bare id from an expression', () => id, 1],
	])('sets the number of a line given by %s', async (_, line, requests) => {
		const { outputs, error } = await update({ line: line() });
		expect(error).toBeUndefined();
		// The previous number is known if the line was looked up in the list.
		const previous = requests === 2 ? { previous_forwarding_number: null } : {};
		const json = { id, phone_number: NUMBER, forwarding_number: FORWARD, ...previous };
		expect(outputs[0]).toEqual([{ json, pairedItem: { item: 0 } }]);
		expect(Object.keys(outputs[0]?.[0]?.json ?? {})).toEqual(Object.keys(json));
		expect(server.lines[1]?.forwarding_number).toBe(FORWARD);
		expect(server.requests).toHaveLength(requests);
	});

	it('clears', async () => {
		const { outputs } = await update({
			line: byId(server.lines[0]?.id),
			forwarding: 'clear',
		});
		expect(outputs[0]?.[0]?.json.forwarding_number).toBeNull();
		expect(server.lines[0]?.forwarding_number).toBeNull();
	});

	it.each(['clear', ' Clear', 'CLEAR'])(
		'clears by the word %j with Set or Clear, and not with Set',
		async (forwardingNumber) => {
			const line = byId(server.lines[0]?.id);
			const set = await update({ line, forwardingNumber });
			expect(set.error?.message).toContain('is the word "clear"');
			expect(server.requests).toEqual([]);
			const { outputs } = await update({
				line,
				forwarding: 'setOrClear',
				forwardingNumber,
			});
			expect(outputs[0]?.[0]?.json.forwarding_number).toBeNull();
			expect(server.lines[0]?.forwarding_number).toBeNull();
		},
	);

	it.each(['', ' ', '={{ null }}', 'none', 'clear it', 'null', '-'])(
		'never clears by %j, not even with Set or Clear',
		async (forwardingNumber) => {
			const { error } = await update({ forwarding: 'setOrClear', forwardingNumber });
			expect(error?.message).toContain('The forwarding number ');
			expect(server.requests).toEqual([]);
		},
	);

	it('says how to clear if the number is empty', async () => {
		const { error } = await update({ forwardingNumber: '={{ $json.missing }}' });
		expect(error?.message).toBe(`The forwarding number is empty (line ${id})`);
		expect(error?.description).toContain('choose Clear');
	});

	it('sends a number with separators in E.164', async () => {
		const { error } = await update({ forwardingNumber: '+1 (202) 555-7777' });
		expect(error).toBeUndefined();
		expect(server.requests[0]?.body).toEqual({ forwarding_number: FORWARD });
	});

	describe('a line forwarded to itself', () => {
		const itself = 'The line +12025550002 cannot be forwarded to itself';

		it('is rejected by number before anything is sent', async () => {
			const { error } = await update({
				line: byNumber(NUMBER),
				forwardingNumber: '+1 202 555 0002',
			});
			expect(error?.message).toBe(itself);
			expect(server.requests).toEqual([]);
		});

		it('is rejected by ID if the run has listed the lines', async () => {
			const { error } = await update({ line: '={{ $json.line }}', forwardingNumber: NUMBER }, [
				{ line: '+12025550001' },
				{ line: id.toUpperCase() },
			]);
			expect(error?.message).toBe(itself);
			expect(server.lines[1]?.forwarding_number).toBeNull();
		});
	});

	it.each([
		['another path', byId('../chats')],
		['a path behind a UUID', byId(`${UUID}/../../chats`)],
		['a stored extraction rule', { ...byId('../chats'), __regex: '(.*)' }],
		['a rule that would cut a UUID out', { ...byId(`x${UUID}`), __regex: 'x(.*)' }],
		['the list mode', { __rl: true, mode: 'list', value: '..%2fchats' }],
		['an unknown mode', { __rl: true, mode: 'url', value: '../chats' }],
		['a list', byId('={{ [1] }}')],
	])('rejects a line ID that is not a UUID: %s', async (_, line) => {
		const { error } = await update({ line });
		expect(error?.message).toContain('is not a UUID');
		expect(server.requests).toEqual([]);
	});

	it.each([byId('={{ null }}'), byNumber('={{ $json.missing }}'), byNumber("={{ ' ' }}")])(
		'rejects an empty line (%j)',
		async (line) => {
			const { error } = await update({ line });
			expect(error?.message).toBe('The line is empty');
			expect(server.requests).toEqual([]);
		},
	);

	it('names a phone number that is not in the account', async () => {
		const { error } = await update({ line: byNumber('+12025558888') });
		expect(error?.message).toBe('There is no line +12025558888 in this Linq account');
	});

	it.each([
		['an empty object', '{}', 'not about this line'],
		['null', 'null', 'not about this line'],
		[
			'another line',
			JSON.stringify({ id: 'x', phone_number: NUMBER, forwarding_number: FORWARD }),
			'not about this line',
		],
		[
			'another number',
			JSON.stringify({ id: 'ID', phone_number: NUMBER, forwarding_number: '+12025550000' }),
			'forwarding to +12025550000, expected +12025557777',
		],
		['no number', JSON.stringify({ id: 'ID', phone_number: NUMBER }), 'forwarding to no number'],
	])('does not take %s for a confirmation', async (_, written, words) => {
		const body = written.replace('"ID"', JSON.stringify(id));
		server.faults.push({ method: 'PUT', fault: { kind: 'response', status: 200, body } });
		const { error, outputs } = await update({});
		expect(error?.message).toContain('Linq did not confirm the update');
		expect(error?.message).toContain(words);
		expect(outputs).toEqual([]);
	});

	it('pairs every output item with its input item, and looks up all numbers with one request', async () => {
		const items = server.lines.map(({ phone_number }) => ({ phone_number })).reverse();
		const { outputs } = await update({ line: byNumber('={{ $json.phone_number }}') }, items);
		expect(outputs[0]?.map(({ json, pairedItem }) => [json.phone_number, pairedItem])).toEqual(
			items.map(({ phone_number }, item) => [phone_number, { item }]),
		);
		expect(server.requests.filter(({ method }) => method === 'GET')).toHaveLength(1);
	});

	it('applies updates of one line in item order, also when the first is retried', async () => {
		server.faults.push({ method: 'PUT', times: 1, fault: SOON });
		const { outputs } = await update({ forwardingNumber: '={{ $json.to }}' }, [
			{ to: '+12025550101' },
			{ to: '+12025550102' },
			{ to: '+12025550103' },
		]);
		expect(outputs[0]?.map(({ json }) => json.forwarding_number)).toEqual([
			'+12025550101',
			'+12025550102',
			'+12025550103',
		]);
		expect(server.lines[1]?.forwarding_number).toBe('+12025550103');
	});

	it('applies updates of one line in item order, however the items name it', async () => {
		server.faults.push({ method: 'GET', times: 1, fault: { kind: 'delay', ms: 50 } });
		const { error } = await update(
			{ line: '={{ $json.line }}', forwardingNumber: '={{ $json.to }}' },
			[
				{ line: NUMBER, to: '+12025550101' },
				{ line: id, to: '+12025550102' },
				{ line: id.toUpperCase(), to: '+12025550103' },
				{ line: '+1 (202) 555-0002', to: '+12025550104' },
				{ line: id, to: '+12025550105' },
			],
		);
		expect(error).toBeUndefined();
		expect(
			server.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body),
		).toEqual([1, 2, 3, 4, 5].map((last) => ({ forwarding_number: `+1202555010${last}` })));
		expect(server.lines[1]?.forwarding_number).toBe('+12025550105');
	});

	it("the retry of an older execution does not undo a newer execution's update of the line", async () => {
		server.faults.push({ method: 'PUT', times: 1, fault: SOON });
		const older = update({ forwardingNumber: '+12025550101' });
		while (server.requests.length === 0) await delay(1);
		const newer = update({ forwardingNumber: '+12025550102' });
		expect((await older).error).toBeUndefined();
		expect((await newer).error).toBeUndefined();
		expect(server.lines[1]?.forwarding_number).toBe('+12025550102');
	});

	it('an execution that fails does not wait for another one, and later ones stay in order', async () => {
		const { fault, release } = holdRequests();
		server.faults.push(
			{ method: 'PUT', times: 1, fault },
			{ path: server.lines[2]?.id, fault: { kind: 'apiError', code: 2005 } },
		);
		const slow = update({ forwardingNumber: '+12025550101' });
		while (server.requests.length === 0) await delay(1);
		const { error } = await update(
			{ line: '={{ $json.line }}', forwardingNumber: '+12025550102' },
			[{ line: id }, { line: server.lines[2]?.id ?? '' }],
		);
		expect(error?.message).toContain('Access denied');
		const newest = update({ forwardingNumber: '+12025550103' });
		release();
		await Promise.all([slow, newest]);
		expect(server.lines[1]?.forwarding_number).toBe('+12025550103');
	});

	it('sends what the operation declares', async () => {
		await update({ line: byNumber(NUMBER) });
		const request = updateForwardingOperation.routing?.request;
		expect(server.requests.map(({ method, path }) => [method, path])).toEqual([
			['GET', request?.url],
			[request?.method, `${String(request?.url)}/${id}`],
		]);
	});

	it("uses each item's own Max Retries", async () => {
		server.faults.push({
			method: 'PUT',
			fault: { kind: 'response', status: 500, body: '{}', headers: { 'retry-after-ms': '1' } },
		});
		await update(
			{ line: '={{ $json.id }}', options: { maxRetries: '={{ $json.retries }}' } },
			server.lines.slice(0, 3).map(({ id }, item) => ({ id, retries: [2, 0, '1'][item] })),
			'continueRegularOutput',
		);
		expect(
			server.lines
				.slice(0, 3)
				.map(({ id }) => server.requests.filter(({ path }) => path.endsWith(id)).length),
		).toEqual([3, 1, 2]);
	});

	it('sends nothing when any item is invalid under Stop', async () => {
		const { error } = await update({ forwardingNumber: '={{ $json.to }}' }, [
			{ to: FORWARD },
			{ to: '' },
			{ to: FORWARD },
		]);
		expect(error?.message).toBe(`The forwarding number is empty (line ${id})`);
		expect(error?.context.itemIndex).toBe(1);
		expect(error?.description).toContain(
			'Stopped at [item 1]; no further requests were sent. No lines were updated.',
		);
		expect(server.requests).toEqual([]);
	});

	it('sends nothing more after a failure under Stop, and reports the progress', async () => {
		server.lines.splice(0, 5, ...manyLines(100));
		const broken = server.lines[20]?.id ?? '';
		server.faults.push({ path: broken, fault: { kind: 'apiError', code: 2005 } });
		const { error, outputs } = await update(
			{ line: byId('={{ $json.id }}') },
			server.lines.map(({ id }) => ({ id })),
		);
		const updated = server.lines.filter(
			({ forwarding_number }) => forwarding_number === FORWARD,
		).length;
		expect(error?.message).toBe(
			`Could not update the forwarding of line ${broken}: Access denied - insufficient permissions for this resource`,
		);
		expect(error?.context.itemIndex).toBe(20);
		expect(error?.description).toContain(
			`Stopped at [item 20]; no further requests were sent. Updated: ${updated}, [items 0 to 19, 21 to `,
		);
		expect(error?.description).not.toContain('without confirmation');
		expect(updated).toBeLessThan(60);
		expect(server.requests).toHaveLength(updated + 1);
		expect(outputs).toEqual([]);
	});

	it('continues after an unknown line', async () => {
		const { outputs } = await update(
			{ line: '={{ $json.line }}' },
			[{ line: '+12025558888' }, { line: NUMBER }, { line: id }],
			'continueRegularOutput',
		);
		expect(outputs[0]?.map(({ json }) => json.forwarding_number)).toEqual([
			undefined,
			FORWARD,
			FORWARD,
		]);
	});

	it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
		'continues after failures under %s, and says which lines failed',
		async (onError) => {
			server.faults.push({ path: id, fault: { kind: 'apiError', code: 2005 } });
			const { outputs, error } = await update(
				{ line: byNumber('={{ $json.line }}') },
				[
					{ line: '+12025550001' },
					{ line: NUMBER },
					{ line: '2025550003' },
					{ line: '+12025550004' },
				],
				onError,
			);
			expect(error).toBeUndefined();
			const all = outputs.flat();
			const failed = all.filter(({ json }) => json.error !== undefined);
			expect(failed.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 1 }, { item: 2 }]);
			const columns = 'message,description,line,source,retryable,http_status,code,doc_url,trace_id';
			for (const { json } of failed) expect(Object.keys(json.error ?? {}).join()).toBe(columns);
			expect(failed[0]?.json.error).toMatchObject({
				message: `Could not update the forwarding of line ${NUMBER}: Access denied - insufficient permissions for this resource`,
				line: NUMBER,
				source: 'credential',
				retryable: false,
				http_status: 403,
				code: 2005,
				doc_url: 'https://docs.linqapp.com/error/codes/2xxx/2005/',
				trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
			});
			expect(failed[1]?.json.error).toMatchObject({
				message: 'The line "2025550003" does not begin with + and the country code',
				line: '2025550003',
				source: 'input',
				retryable: false,
				code: null,
				trace_id: null,
			});
			expect(all.length - failed.length).toBe(2);
			expect(outputs[1] ?? []).toHaveLength(onError === 'continueErrorOutput' ? 2 : 0);
			if (onError === 'continueRegularOutput') {
				expect(all.map(({ pairedItem }) => pairedItem)).toEqual(
					[0, 1, 2, 3].map((item) => ({ item })),
				);
			}
			expect(server.lines[3]?.forwarding_number).toBe(FORWARD);
		},
	);
});
