import * as fc from 'fast-check';
import type { IDataObject } from 'n8n-workflow';
import { useFakeClock } from '../../support/fakeClock';
import { runNode } from '../../support/runNode';
import type { Fault } from '../../fakeLinqApi/faultInjection';
import { exampleLines } from '../../fakeLinqApi/fixtures';
import type { Write } from '../../fakeLinqApi/server';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';

/** How many random runs: CI has time for more. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);

const NUMBERS = ['+12025550101', '+12025550102', '+12025550103'];

/** One input item. */
interface Item {
	/** Which of the lines. */
	line: number;
	by: 'id' | 'ID' | 'number' | 'written';
	/** Null clears it. */
	to: string | null;
	skipUnchanged: boolean;
	includePrevious: boolean;
	maxRetries: number;
}

/** By the number of the request: what goes wrong. */
type Faults = Array<[request: number, fault: Fault]>;

const item: fc.Arbitrary<Item> = fc.record({
	line: fc.integer({ min: 0, max: 2 }),
	by: fc.constantFrom('id', 'ID', 'number', 'written'),
	to: fc.constantFrom(...NUMBERS, null),
	skipUnchanged: fc.boolean(),
	includePrevious: fc.boolean(),
	maxRetries: fc.integer({ min: 0, max: 2 }),
});

const soon = { 'retry-after-ms': '1' };
const fault: fc.Arbitrary<Fault> = fc.oneof(
	{ weight: 16, arbitrary: fc.constant<Fault>({ kind: 'apiError', code: 3006, headers: soon }) },
	{ weight: 16, arbitrary: fc.constant<Fault>({ kind: 'apiError', code: 1007, headers: soon }) },
	{ weight: 16, arbitrary: fc.constant<Fault>({ kind: 'apiError', code: 2005 }) },
	{
		weight: 40,
		arbitrary: fc.constant<Fault>({ kind: 'respondAfterApplying', status: 503, headers: soon }),
	},
	{ weight: 16, arbitrary: fc.constant<Fault>({ kind: 'respondAfterApplying', status: 200 }) },
	{ weight: 8, arbitrary: fc.constant<Fault>({ kind: 'delay', ms: 5 }) },
	{ weight: 8, arbitrary: fc.constant<Fault>({ kind: 'reset', when: 'beforeHeaders' }) },
	{ weight: 8, arbitrary: fc.constant<Fault>({ kind: 'reset', when: 'afterApplying' }) },
);

const faults: fc.Arbitrary<Faults> = fc.array(fc.tuple(fc.integer({ min: 1, max: 12 }), fault), {
	maxLength: 5,
});

/** The outcome of an item. */
type Outcome = { failed: true } | { failed: false; json: IDataObject };

/**
 * Returns true if a line's writes are those of its items, in their order: those of a failed item may have been applied,
 * those of a successful one were, and its previous number is what the API had.
 */
function explains(
	items: Array<{ item: Item; outcome: Outcome }>,
	writes: Write[],
	state: string | null,
	unsure = false,
): boolean {
	const [first, ...rest] = items;
	if (!first) return writes.length === 0;
	const { item, outcome } = first;
	const unchanged = !outcome.failed && outcome.json.changed === false;
	if (unchanged && state !== item.to) return false;
	// None was applied, or several if it was retried. An unchanged item is sent only if an earlier update of the run was
	// unconfirmed: that one may be applied late.
	const most = unchanged && !unsure ? 0 : writes.length;
	for (let count = 0; count <= most; count++) {
		if (writes.slice(0, count).some(({ to }) => to !== item.to)) return false;
		const after = count === 0 ? state : item.to;
		const previous = outcome.failed ? undefined : outcome.json.previous_forwarding_number;
		const confirmed = outcome.failed || unchanged || count > 0;
		const isPreviousRight = previous === state || (previous === undefined && !unchanged);
		if (
			confirmed &&
			isPreviousRight &&
			explains(rest, writes.slice(count), after, unsure || outcome.failed)
		)
			return true;
	}
	return false;
}

describe('With random items and random faults', () => {
	let server: FakeLinqApi;

	useFakeClock();
	beforeAll(async () => {
		server = await startFakeLinqApi();
	});
	afterAll(async () => {
		await server.close();
	});

	it.each(['stopWorkflow', 'continueRegularOutput'] as const)(
		'%s: each line has exactly the writes of its items, in item order',
		async (onError) => {
			await fc.assert(
				fc.asyncProperty(
					fc.array(item, { minLength: 1, maxLength: 7 }),
					faults,
					fc.array(fc.constantFrom(...NUMBERS, null), { minLength: 3, maxLength: 3 }),
					async (items, faultsByRequest, before) => {
						// A new account: the writes of earlier runs must not count.
						server.lines.splice(0, Infinity, ...exampleLines());
						const lines = server.lines.slice(0, 3);
						for (const [index, line] of server.lines.entries()) {
							line.forwarding_number = before[index] ?? null;
						}
						const start = lines.map((line) => line.forwarding_number ?? null);
						server.requests.length = 0;
						server.faults.length = 0;
						server.writes.length = 0;
						for (const [request, what] of faultsByRequest) {
							server.faults.push({
								when: () => server.requests.length === request,
								fault: what,
							});
						}

						const { outputs, error } = await runNode({
							parameters: {
								operation: 'updateForwarding',
								line: '={{ $json.line }}',
								forwarding: "={{ $json.to ? 'set' : 'clear' }}",
								forwardingNumber: '={{ $json.to }}',
								options: {
									skipUnchanged: '={{ $json.skipUnchanged }}',
									includePrevious: '={{ $json.includePrevious }}',
									maxRetries: '={{ $json.maxRetries }}',
								},
							},
							items: items.map((one) => ({ ...one, line: named(one, lines) })),
							credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
							onError,
						});

						const results = outputs[0] ?? [];
						const outcomes = items.map<Outcome>((_, index) => {
							const json = results[index]?.json;
							return json && json.error === undefined ? { failed: false, json } : { failed: true };
						});
						if (!error) expect(results).toHaveLength(items.length);
						for (const [index, line] of lines.entries()) {
							const writes = server.writes.filter(({ id }) => id === line.id);
							const own = items
								.map((one, at) => ({
									item: one,
									outcome: outcomes[at] ?? { failed: true as const },
								}))
								.filter((one) => one.item.line === index);
							const context = { own, writes, start: start[index] };
							expect({
								...context,
								explained: explains(own, writes, start[index] ?? null),
							}).toEqual({
								...context,
								explained: true,
							});
						}
						const requested = new Set(items.map((one) => lines[one.line]?.id));
						expect(server.writes.filter(({ id }) => !requested.has(id))).toEqual([]);
					},
				),
				{ numRuns: RUNS, seed: 20_260_218 },
			);
		},
		240_000,
	);
});

/** Returns a line as an item names it. */
function named({ line, by }: Item, lines: FakeLinqApi['lines']): string {
	const { id = '', phone_number = '' } = lines[line] ?? {};
	switch (by) {
		case 'id':
			return id;
		case 'ID':
			return id.toUpperCase();
		case 'number':
			return phone_number;
		case 'written':
			return phone_number.replace(/^\+1(\d{3})(\d{3})/, '+1 ($1) $2-');
	}
}
