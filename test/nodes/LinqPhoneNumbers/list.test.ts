import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import schema from '../../../nodes/LinqPhoneNumbers/__schema__/v1.0.0/list.json';
import { listOperation } from '../../../nodes/LinqPhoneNumbers/operations/list';
import { runNode } from '../../support/runNode';

describe('List', () => {
	let server: FakeLinqApi;
	const list = async (parameters = {}, items = [{}]) =>
		await runNode({
			parameters: { operation: 'list', ...parameters },
			items,
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('returns one flat item per line, with stable columns', async () => {
		const { outputs, error } = await list();
		expect(error).toBeUndefined();
		const items = outputs[0] ?? [];
		expect(items).toHaveLength(5);
		const columns =
			'id,phone_number,forwarding_number,reputation_status,reputation_doc_url,health_status,health_doc_url';
		for (const { json } of items) expect(Object.keys(json).join()).toBe(columns);
		expect(Object.keys(schema.properties).join()).toBe(columns);
		expect(
			items.map(({ json }) => [json.phone_number, json.forwarding_number, json.reputation_status]),
		).toEqual([
			['+12025550001', '+12025559999', 'HEALTHY'],
			['+12025550002', null, 'AT_RISK'],
			['+12025550003', null, 'CRITICAL'],
			['+12025550004', null, 'HEALTHY'],
			['+12025550005', null, 'AT_RISK'],
		]);
	});

	it('returns the raw object of the API without Simplify', async () => {
		const { outputs } = await list({ simplify: false });
		expect(outputs[0]?.map(({ json }) => json)).toEqual(server.lines);
	});

	it.each([
		['+12025558888', 'There is no line +12025558888 in this Linq account'],
		['550e8400-e29b-41d4-a716-446655440000', 'There is no line with the ID 550e8400'],
	])('fails if a line of the filter does not exist: %s', async (line, words) => {
		const { error } = await list({ filters: { lines: [line] } });
		expect(error?.message).toContain(words);
	});

	it('returns lines that pass all filters', async () => {
		const { outputs } = await list({ filters: { forwarding: 'notSet', reputation: ['HEALTHY'] } });
		expect(outputs[0]?.map(({ json }) => json.phone_number)).toEqual(['+12025550004']);
		const lines = ['+12025550003', '+12025550004'];
		const both = await list({ filters: { lines, reputation: ['HEALTHY'] } });
		expect(both.outputs[0]?.map(({ json }) => json.phone_number)).toEqual(['+12025550004']);
	});

	it('applies the limit after the filters', async () => {
		const { outputs } = await list({
			returnAll: false,
			limit: 2,
			filters: { reputation: ['AT_RISK', 'CRITICAL'] },
		});
		expect(outputs[0]?.map(({ json }) => json.phone_number)).toEqual([
			'+12025550002',
			'+12025550003',
		]);
	});

	it.each([
		{ kind: 'apiError', code: 2001 },
		{ kind: 'response', status: 404, body: '<html>' },
	] as const)('a 404 is about the base URL, not about a line: %j', async (fault) => {
		server.faults.push({ fault });
		const { outputs } = await runNode({
			parameters: { operation: 'list' },
			onError: 'continueRegularOutput',
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		expect(outputs[0]?.[0]?.json.error).toMatchObject({
			source: 'credential',
			description: expect.stringMatching(
				/^Check the base URL in the Linq API credential\./,
			) as string,
		});
	});

	it('passes an unknown reputation through', async () => {
		server.lines.splice(0, 5, {
			id: 'x',
			phone_number: '+12025550009',
			reputation: { status: 'WATCHED' },
		});
		const { outputs } = await list();
		expect(outputs[0]?.[0]?.json).toEqual({
			id: 'x',
			phone_number: '+12025550009',
			forwarding_number: null,
			reputation_status: 'WATCHED',
			reputation_doc_url: null,
			health_status: null,
			health_doc_url: null,
		});
	});

	it.each([true, false])(
		'sends one request for many input items, whose output shares no objects (simplify %s)',
		async (simplify) => {
			const { outputs } = await list({ simplify }, [{}, {}, {}]);
			const items = outputs[0] ?? [];
			expect(server.requests).toHaveLength(1);
			expect(items.map(({ pairedItem }) => pairedItem)).toEqual(
				[0, 1, 2].flatMap((item) => Array.from({ length: 5 }, () => ({ item }))),
			);
			const first = items[0]?.json;
			if (first) {
				first.phone_number = 'changed';
				if (!simplify) Object.assign(first.reputation ?? {}, { status: 'changed' });
			}
			expect(JSON.stringify(items.slice(5))).not.toContain('changed');
		},
	);

	it("applies each item's own filter", async () => {
		const { outputs } = await list({ filters: { reputation: '={{ [$json.wanted] }}' } }, [
			{ wanted: 'CRITICAL' },
			{ wanted: 'AT_RISK' },
		]);
		expect(outputs[0]?.map(({ json }) => json.phone_number)).toEqual([
			'+12025550003',
			'+12025550002',
			'+12025550005',
		]);
	});

	it('accepts an account without lines', async () => {
		server.lines.length = 0;
		const { outputs, error } = await list();
		expect(error).toBeUndefined();
		expect(outputs[0]).toEqual([]);
	});

	it.each([
		['null', 'null'],
		['an object without lines', '{"data":[]}'],
		['a list of nulls', '{"phone_numbers":[null]}'],
		['malformed JSON', '{"phone_numbers":['],
		['a line without a number', '{"phone_numbers":[{"id":"x"}]}'],
		[
			'a reputation of another shape',
			'{"phone_numbers":[{"id":"x","phone_number":"+1","reputation":"HEALTHY"}]}',
		],
	])('fails if the response is %s', async (_, body) => {
		server.faults.push({ fault: { kind: 'response', status: 200, body } });
		const { error, outputs } = await list();
		expect(outputs).toEqual([]);
		expect(error?.message).toMatch(
			/^(Linq returned no|Entry 1 of Linq's) list of phone numbers|: the response is not JSON$/,
		);
		expect(error?.description).toContain('base URL');
	});

	it('shows the message, code, documentation and trace ID of Linq', async () => {
		server.faults.push({ fault: { kind: 'apiError', code: 2005 } });
		const { error } = await list();
		expect(error?.message).toBe(
			'Could not list the lines: Access denied - insufficient permissions for this resource',
		);
		expect(error?.description).toMatch(
			/HTTP 403, code 2005\. More: https:\/\/docs\.linqapp\.com\/error\/codes\/2xxx\/2005\/ Trace ID for Linq's support: [0-9a-f]{32}$/,
		);
	});

	it('does not retry a rejected key, and keeps it out of the error even if the response quotes it', async () => {
		server.faults.push({
			fault: {
				kind: 'response',
				status: 401,
				body: JSON.stringify({ error: { code: 2004, message: `No such key: ${server.apiKey}` } }),
			},
		});
		const { run, error } = await list();
		expect(server.requests).toHaveLength(1);
		expect(error?.message).toContain('No such key: ***');
		expect(JSON.stringify(run)).not.toContain(server.apiKey);
	});

	it('follows no redirect, so that the key stays with its host', async () => {
		const elsewhere = await startFakeLinqApi();
		server.faults.push({
			fault: {
				kind: 'response',
				status: 302,
				body: '',
				headers: {
					location: `${elsewhere.baseUrl}/v3/phone_numbers`.replace('127.0.0.1', 'localhost'),
				},
			},
		});
		const { error } = await list();
		await elsewhere.close();
		expect(elsewhere.requests).toEqual([]);
		expect(error?.message).toContain('redirect');
	});

	it('sends what the operation declares', async () => {
		await list();
		expect(server.requests).toMatchObject([
			{ method: listOperation.routing?.request?.method, path: listOperation.routing?.request?.url },
		]);
	});

	it.each(['domains', 'none'])(
		"ignores the credential's allowed domains for other nodes (%s)",
		async (allowedHttpRequestDomains) => {
			const { outputs, error } = await runNode({
				parameters: { operation: 'list' },
				credentials: {
					apiKey: server.apiKey,
					baseUrl: server.baseUrl,
					allowedHttpRequestDomains,
					allowedDomains: 'linq.example.com',
				},
			});
			expect(error).toBeUndefined();
			expect(outputs[0]).toHaveLength(5);
		},
	);

	it.each(['https://user:pass@127.0.0.1', 'https://user@127.0.0.1', 'https://:pass@127.0.0.1'])(
		'rejects the base URL %s, and does not show what may be a password',
		async (baseUrl) => {
			const { run, error } = await runNode({
				parameters: { operation: 'list' },
				credentials: { apiKey: server.apiKey, baseUrl },
			});
			expect(error?.message).toBe('The base URL in the Linq API credential has a user name in it');
			expect(JSON.stringify(run)).not.toContain('pass@');
		},
	);

	it('a failure does not report updates', async () => {
		server.faults.push({ fault: { kind: 'apiError', code: 2005 } });
		const { error } = await list({}, [{}, {}, {}]);
		expect(error?.description).toBeDefined();
		expect(`${error?.message} ${error?.description ?? ''}`).not.toMatch(/update|sent/i);
	});

	it('a failed item goes to the error output, paired with its input, with the cause', async () => {
		server.faults.push({ fault: { kind: 'apiError', code: 2005 } });
		const { outputs } = await runNode({
			parameters: { operation: 'list' },
			items: [{ row: 1 }, { row: 2 }],
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			onError: 'continueErrorOutput',
		});
		expect(outputs[0]).toEqual([]);
		expect(outputs[1]?.map(({ pairedItem }) => pairedItem)).toEqual([{ item: 0 }, { item: 1 }]);
		expect(outputs[1]?.[1]?.json).toMatchObject({
			row: 2,
			error: { message: expect.stringContaining('Access denied') as string, code: 2005 },
		});
	});

	it.each(['', 'ftp://127.0.0.1', 'api.linqapp.com'])(
		'rejects the base URL "%s"',
		async (baseUrl) => {
			const { error } = await runNode({
				parameters: { operation: 'list' },
				credentials: { apiKey: server.apiKey, baseUrl },
			});
			expect(error?.message).toBe(
				'The base URL in the Linq API credential is not a valid http or https URL',
			);
		},
	);
});
