import { readFileSync } from 'node:fs';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { runNode } from '../../support/runNode';

/** The expressions that the README gives for the forwarding number, in their order. */
const recipes = [
	...(/^- \*\*Forwarding Number\*\*.*?^- \*\*/ms
		.exec(readFileSync('README.md', 'utf8'))?.[0]
		.matchAll(/`(\{\{.*?\}\})`/g) ?? []),
].map(([, expression = '']) => expression);

const REFUSED = null;

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
	// With their +, numbers of other countries stay what they are.
	['+44 20 7946 0000', '+442079460000'],
	['+4532123456', '+4532123456'],
	['\u202a+4532123456\u202c', '+4532123456'],
	['442079460000', REFUSED],
	['1.202.555.7777', '+12025557777'],
	['\u200b1 202 555 7777', '+12025557777'],
	['\ufeff(202) 555-7777', '+12025557777'],
	['(1) 202 555 7777', REFUSED],
	['202 555 7777 x5', REFUSED],
	// Ten digits, but not of the number.
	['555-7777 x123', REFUSED],
	['2025557777.0', REFUSED],
	['5557777', REFUSED],
	['', REFUSED],
	[null, REFUSED],
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
	['(44) 20 7946 0000', REFUSED],
	['+4532123456', '+4532123456'],
	['\u202a+45 32 12 34 56\u202c', '+4532123456'],
	['4511111111', '+4511111111'],
	['33123456789', '+33123456789'],
	// Numbers of the USA without their 1 go nowhere else.
	['2025557777', REFUSED],
	[2025557777, REFUSED],
	['(202) 555-7777', REFUSED],
	['202-555-7777', REFUSED],
	['202.555.7777', REFUSED],
	['\u202a202 555 7777\u202c', REFUSED],
	['202\u200b5557777', REFUSED],
	['2025557777.0', REFUSED],
	['202 555 7777 x5', REFUSED],
	['٢٠٢٥٥٥٧٧٧٧', REFUSED],
	// Of Denmark, but nobody can tell.
	['4532123456', REFUSED],
	['020 7946 0000', REFUSED],
	['0044 20 7946 0000', REFUSED],
	['4420794600000000', REFUSED],
	['', REFUSED],
	[null, REFUSED],
];

describe("The README's recipe", () => {
	let server: FakeLinqApi;

	beforeEach(async () => {
		server = await startFakeLinqApi();
	});
	afterEach(async () => {
		await server.close();
	});

	it('has one for North America, and one for numbers with their country code', () => {
		expect(recipes).toHaveLength(2);
	});

	const rows = [northAmerican, withCountryCode].flatMap((all, index) =>
		all.map(([phone, number]) => ({ recipe: recipes[index], phone, number })),
	);

	it.each(rows)('$recipe makes of $phone: $number', async ({ recipe, phone, number }) => {
		const { outputs, error } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: server.lines[1]?.id ?? '' },
				forwardingNumber: `=${recipe}`,
			},
			items: [{ phone }],
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		if (number === REFUSED) {
			expect(error?.message).toMatch(/^The forwarding number ("|is empty)/);
			expect(server.requests).toEqual([]);
		} else {
			expect(error).toBeUndefined();
			expect(outputs[0]?.[0]?.json.forwarding_number).toBe(number);
		}
	});
});
