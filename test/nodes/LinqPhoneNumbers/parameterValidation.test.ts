import type { IDataObject, INodeParameters, OnError } from 'n8n-workflow';
import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { runNode } from '../../support/runNode';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';

const AT_RISK = ['+12025550002', '+12025550005'];
const NOT_SET = ['+12025550002', '+12025550003', '+12025550004', '+12025550005'];
const ALL = ['+12025550001', ...NOT_SET];
/** Stands for the ID of the second line, which only the API knows. */
const ID = '00000000-0000-4000-8000-000000000002';
const FORWARD = '+12025557777';

/** What the operation returns if an expression returns a value for a parameter. */
type Row = [value: unknown, outcome: string[] | string];

/** The parameters of every operation. */
const ofEveryOperation = (success: string[]): Record<string, Row[]> => ({
	'options.maxRetries': [
		[0, success],
		['10', success],
		[11, 'Max Retries is not a whole number from 0 to 10'],
		[-1, 'Max Retries is not a whole number from 0 to 10'],
		['', 'Max Retries is not a whole number from 0 to 10'],
		['many', 'Max Retries is not a whole number from 0 to 10'],
	],
	'requestOptions.timeout': [
		[5_000, success],
		['5000', success],
		['', success],
		['soon', 'Timeout is not a whole number of 0 or more'],
		[-1, 'Timeout is not a whole number of 0 or more'],
	],
});

/** By operation and parameter: the numbers of the returned lines, or a part of the error. */
const list: Record<string, Row[]> = {
	returnAll: [
		[true, ALL],
		['true', ALL],
		['TRUE', ALL],
		[false, ALL.slice(0, 2)],
		['false', ALL.slice(0, 2)],
		['yes', 'Return All is neither true nor false'],
		[1, 'Return All is neither true nor false'],
		[null, 'Return All is neither true nor false'],
	],
	limit: [
		[3, ALL.slice(0, 3)],
		['3', ALL.slice(0, 3)],
		[0, 'Limit is not a whole number of 1 or more'],
		[-1, 'Limit is not a whole number of 1 or more'],
		[1.5, 'Limit is not a whole number of 1 or more'],
		['many', 'Limit is not a whole number of 1 or more'],
		['', 'Limit is not a whole number of 1 or more'],
		[null, 'Limit is not a whole number of 1 or more'],
		[[3], 'Limit is not a whole number of 1 or more'],
	],
	simplify: [
		[true, ALL],
		['true', ALL],
		['false', ALL],
		['no', 'Simplify is neither true nor false'],
		[{}, 'Simplify is neither true nor false'],
	],
	'filters.reputation': [
		[['AT_RISK'], AT_RISK],
		[
			['CRITICAL', 'AT_RISK'],
			['+12025550002', '+12025550003', '+12025550005'],
		],
		['AT_RISK', AT_RISK],
		[[], ALL],
		['critical', 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
		['AT_RISK,CRITICAL', 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
		[['AT_RISK', 'x'], 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
		[{ 0: 'AT_RISK' }, 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
		['', 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
		[null, 'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL'],
	],
	'filters.lines': [
		[['+12025550002'], ['+12025550002']],
		[
			['+12025550003', ID, '+1 (202) 555-0003'],
			['+12025550002', '+12025550003'],
		],
		[ID, ['+12025550002']],
		[`${ID}\u200b`, ['+12025550002']],
		['+1 202 555 0002', ['+12025550002']],
		['+1\u2007202\u2212555\u20100002\u200b', ['+12025550002']],
		[[], ALL],
		['', 'The filter Line Names or IDs is empty'],
		[null, 'The filter Line Names or IDs is empty'],
		[
			['2025550002'],
			'The filter Line Names or IDs "2025550002" does not begin with + and the country code',
		],
		[[true], 'The filter Line Names or IDs is not a phone number'],
		[{ 0: '+12025550002' }, 'The filter Line Names or IDs is not a phone number'],
	],
	'filters.forwarding': [
		['set', ['+12025550001']],
		['notSet', NOT_SET],
		['Set', 'The filter Forwarding is not one of set, notSet'],
		[['set'], 'The filter Forwarding is not one of set, notSet'],
		['', 'The filter Forwarding is not one of set, notSet'],
		[null, 'The filter Forwarding is not one of set, notSet'],
	],
	...ofEveryOperation(ALL),
};

const updateForwarding: Record<string, Row[]> = {
	line: [
		[ID, ['+12025550002']],
		['+12025550002', ['+12025550002']],
		['+1 (202) 555-0002', ['+12025550002']],
		[12025550002, 'The line "12025550002" does not begin with + and the country code'],
		['', 'The line is empty'],
		[null, 'The line is empty'],
		[[], 'The line is not a phone number'],
		[true, 'The line is not a phone number'],
		['+12025550002\u200b', ['+12025550002']],
		[`\u200b${ID}\u00a0`, ['+12025550002']],
		['\u200b', 'The line is empty'],
		[{ id: ID, phone_number: 'x' }, 'The line is an object with the fields id, phone_number'],
		[
			{ a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 },
			'The line is an object with the fields a, b, c, d, e, …',
		],
		[{}, 'The line is an object without fields'],
		[{ mode: 'x', phone: 'y' }, 'The line is an object with the fields mode, phone'],
		[{ mode: 'number', value: '+12025550002' }, ['+12025550002']],
		[{ mode: 'number', value: ID }, `The line "${ID}" is an ID, not a phone number`],
	],
	'line.value': [
		[ID, ['+12025550002']],
		[`\ufeff${ID}\u3000`, ['+12025550002']],
		['+12025550002', 'The line\'s ID "+12025550002" is not a UUID'],
		[2, "The line's ID is not a UUID"],
		[{ id: ID }, 'The line is an object with the field id'],
		['', 'The line is empty'],
		[null, 'The line is empty'],
	],
	forwarding: [
		['set', ['+12025550002']],
		['clear', ['+12025550002']],
		['setOrClear', ['+12025550002']],
		['Clear', 'Forwarding is not one of set, clear, setOrClear'],
		['', 'Forwarding is not one of set, clear, setOrClear'],
		[false, 'Forwarding is not one of set, clear, setOrClear'],
		[null, 'Forwarding is not one of set, clear, setOrClear'],
	],
	forwardingNumber: [
		[FORWARD, ['+12025550002']],
		['+1 202 555 7777', ['+12025550002']],
		[12025557777, 'The forwarding number "12025557777" does not begin with + and the country code'],
		['', 'The forwarding number is empty'],
		[null, 'The forwarding number is empty'],
		['clear', 'The forwarding number is the word "clear"'],
		['+12025557777\u200b', ['+12025550002']],
		['\u200b', 'The forwarding number is empty'],
		[false, 'The forwarding number is not a phone number'],
		[[FORWARD], 'The forwarding number is not a phone number'],
	],
	...ofEveryOperation(['+12025550002']),
	'options.skipUnchanged': [
		[true, ['+12025550002']],
		['true', ['+12025550002']],
		['yes', 'Skip Unchanged is neither true nor false'],
		[null, 'Skip Unchanged is neither true nor false'],
	],
	'options.includePrevious': [
		[true, ['+12025550002']],
		['false', ['+12025550002']],
		[1, 'Include Previous Number is neither true nor false'],
		['', 'Include Previous Number is neither true nor false'],
	],
};

const validParameters: Record<string, IDataObject> = {
	list: { operation: 'list' },
	updateForwarding: {
		operation: 'updateForwarding',
		line: { __rl: true, mode: 'id', value: ID },
		forwardingNumber: FORWARD,
	},
};

describe('An expression for', () => {
	let server: FakeLinqApi;

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	const rows = Object.entries({ list, updateForwarding }).flatMap(([operation, parameters]) =>
		Object.entries(parameters).flatMap(([parameter, all]) =>
			all.map(([value, outcome]) => ({ operation, parameter, value, outcome })),
		),
	);

	it.each(rows)(
		'$operation: $parameter: $value',
		async ({ operation, parameter, value, outcome }) => {
			const withId = <T>(text: T): T =>
				JSON.parse(JSON.stringify(text).replaceAll(ID, server.lines[1]?.id ?? '')) as T;
			const parameters: IDataObject = withId(validParameters[operation] ?? {});
			if (parameter === 'limit' || parameter === 'returnAll') {
				Object.assign(parameters, { returnAll: false, limit: 2 });
			}
			const [name = '', inner] = parameter.split('.');
			const expression = withId(`={{ ${JSON.stringify(value)} }}`);
			if (inner === undefined) parameters[name] = expression;
			else parameters[name] = { ...(parameters[name] as IDataObject), [inner]: expression };

			const { outputs, error } = await runNode({
				parameters: parameters as INodeParameters,
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			});
			if (typeof outcome === 'string') {
				expect(error?.message).toContain(withId(outcome));
				expect(error?.description).toMatch(/^[A-Z].*\.$/);
				expect(server.requests).toEqual([]);
			} else {
				expect(error).toBeUndefined();
				expect(outputs[0]?.map(({ json }) => json.phone_number)).toEqual(outcome);
			}
		},
	);

	it.each(['delete', '', null, 2, "={{ 'list' }}", 'toString'])(
		'the operation may not return %j',
		async (operation) => {
			const run = async (onError?: OnError) =>
				await runNode({
					parameters: { operation },
					credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
					onError,
				});
			const { error } = await run();
			const words = 'is not one of list, updateForwarding';
			expect(error?.message).toContain(words);
			expect(error?.description).toMatch(/^Open the node and choose .*\.$/);
			const { outputs } = await run('continueErrorOutput');
			expect(outputs[1]?.[0]?.json.error).toMatchObject({
				message: expect.stringContaining(words) as string,
				source: 'input',
			});
			expect(server.requests).toEqual([]);
		},
	);

	it.each(['Bearer ', 'bearer  ', ' BEARER\t'])('the API key may begin with %j', async (prefix) => {
		const { outputs, error } = await runNode({
			parameters: { operation: 'list' },
			credentials: { apiKey: `${prefix}${server.apiKey}`, baseUrl: server.baseUrl },
		});
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(ALL.length);
	});

	it('is tested for every parameter of the node', () => {
		const { properties } = new LinqPhoneNumbers().description;
		const fillable = properties
			.filter(({ noDataExpression }) => !noDataExpression)
			// Only n8n itself reads this one.
			.filter(({ name }) => name !== 'toolDescription')
			// n8n drops an expression in place of a whole collection before a node could see it.
			.flatMap(({ name, type, options = [] }) =>
				type === 'collection' ? options.map((option) => `${name}.${option.name}`) : [name],
			);
		const tested = [...Object.keys(list), ...Object.keys(updateForwarding)];
		expect(fillable.filter((name) => !tested.includes(name))).toEqual([]);
	});
});
