import { readFileSync } from 'node:fs';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { runNode } from '../../support/runNode';

/** The README's expressions for the forwarding number, in their order. */
const recipes = [
	...(/^- \*\*Forwarding Number\*\*.*?^- \*\*/ms
		.exec(readFileSync('README.md', 'utf8'))?.[0]
		.matchAll(/`(\{\{.*?\}\})`/g) ?? []),
].map(([, expression = '']) => expression);

const REJECTED = null;

type Row = [phone: string | number | null, number: string | null];

const northAmerican: Row[] = [
	['2025557777', '+12025557777'],
	['12025557777', '+12025557777'],
	['+12025557777', '+12025557777'],
	[2025557777, '+12025557777'],
	[12025557777, '+12025557777'],
	['(202) 555-7777', '+12025557777'],
	['1 (202) 555-7777', '+12025557777'],
	['+1 (202) 555-7777', '+12025557777'],
	['1-202-555-7777', '+12025557777'],
	['202.555.7777', '+12025557777'],
	['\u202a+1 202 555 7777\u202c', '+12025557777'],
	['2025557777\u200b', '+12025557777'],
	// Numbers of other countries with a + are unchanged.
	['+44 20 7946 0000', '+442079460000'],
	['+4532123456', '+4532123456'],
	['\u202a+4532123456\u202c', '+4532123456'],
	['442079460000', REJECTED],
	['1.202.555.7777', '+12025557777'],
	['\u200b1 202 555 7777', '+12025557777'],
	['\ufeff(202) 555-7777', '+12025557777'],
	['(1) 202 555 7777', REJECTED],
	['202 555 7777 x5', REJECTED],
	// Ten digits, but not all of the number.
	['555-7777 x123', REJECTED],
	['2025557777.0', REJECTED],
	['5557777', REJECTED],
	['', REJECTED],
	[null, REJECTED],
];

const withCountryCode: Row[] = [
	['442079460000', '+442079460000'],
	['+442079460000', '+442079460000'],
	[442079460000, '+442079460000'],
	['44 20 7946 0000', '+442079460000'],
	['+44 20 7946 0000', '+442079460000'],
	['12025557777', '+12025557777'],
	['+1 (202) 555-7777', '+12025557777'],
	['\u202a+1 202 555 7777\u202c', '+12025557777'],
	[12025557777, '+12025557777'],
	['1-202-555-7777', '+12025557777'],
	['\u200b442079460000', '+442079460000'],
	['(44) 20 7946 0000', REJECTED],
	['+4532123456', '+4532123456'],
	['\u202a+45 32 12 34 56\u202c', '+4532123456'],
	['4511111111', '+4511111111'],
	['33123456789', '+33123456789'],
	// Numbers of the USA without their 1 must not become another country's.
	['2025557777', REJECTED],
	[2025557777, REJECTED],
	['(202) 555-7777', REJECTED],
	['202-555-7777', REJECTED],
	['202.555.7777', REJECTED],
	['\u202a202 555 7777\u202c', REJECTED],
	['202\u200b5557777', REJECTED],
	['2025557777.0', REJECTED],
	['202 555 7777 x5', REJECTED],
	['٢٠٢٥٥٥٧٧٧٧', REJECTED],
	// Of Denmark, but ambiguous.
	['4532123456', REJECTED],
	['020 7946 0000', REJECTED],
	['0044 20 7946 0000', REJECTED],
	['4420794600000000', REJECTED],
	['', REJECTED],
	[null, REJECTED],
];

describe("The README's expression", () => {
	let server: FakeLinqApi;

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('exists for North America, and for numbers with their country code', () => {
		expect(recipes).toHaveLength(2);
	});

	const rows = [northAmerican, withCountryCode].flatMap((all, index) =>
		all.map(([phone, number]) => ({ recipe: recipes[index], phone, number })),
	);

	it.each(rows)('$recipe turns $phone into $number', async ({ recipe, phone, number }) => {
		const { outputs, error } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: server.lines[1]?.id ?? '' },
				forwardingNumber: `=${recipe}`,
			},
			items: [{ phone }],
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		if (number === REJECTED) {
			expect(error?.message).toMatch(/^The forwarding number ("|is empty)/);
			expect(server.requests).toEqual([]);
		} else {
			expect(error).toBeUndefined();
			expect(outputs[0]?.[0]?.json.forwarding_number).toBe(number);
		}
	});

	const kept = recipes.flatMap((recipe) =>
		['clear', ' Clear', '', null, undefined].map((phone) => ({ recipe, phone })),
	);

	it.each(kept)(
		'$recipe keeps $phone, by which Set or Clear decides',
		async ({ recipe, phone }) => {
			const { outputs, error } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'id', value: server.lines[1]?.id ?? '' },
					forwarding: 'setOrClear',
					forwardingNumber: `=${recipe}`,
				},
				items: [{ phone }],
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			});
			if (phone) expect(outputs[0]?.[0]?.json.forwarding_number).toBeNull();
			else expect(error?.message).toMatch(/^The forwarding number is empty/);
		},
	);
});
