import * as fc from 'fast-check';
import { line, newAccount, reputation } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { startPollingHarness } from '../../support/pollingHarness';

/** How many random runs: CI has time for more. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 60);

const REPUTATIONS = ['HEALTHY', 'AT_RISK', 'CRITICAL', 'SUSPENDED'];
const NUMBERS = [null, '+12025550101', '+12025550102'];
const LINES = [1, 2, 3, 4];

/** What happens, one after the other. The first line is never removed, so that the account stays the same. */
type Step =
	| { kind: 'rate'; line: number; status: string }
	| { kind: 'forward'; line: number; to: string | null }
	| { kind: 'add' | 'remove'; line: number }
	| { kind: 'poll' | 'restart' | 'publish' | 'emptyList' }
	| { kind: 'fail'; polls: number };

const anyLine = fc.constantFrom(...LINES);
const rate = fc.record<Step & { kind: 'rate' }>({
	kind: fc.constant('rate'),
	line: anyLine,
	status: fc.constantFrom(...REPUTATIONS),
});
const polling: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: fc.constant<Step>({ kind: 'poll' }) },
	{ weight: 2, arbitrary: fc.constant<Step>({ kind: 'restart' }) },
	{ weight: 1, arbitrary: fc.constant<Step>({ kind: 'publish' }) },
	{
		weight: 1,
		arbitrary: fc.record<Step & { kind: 'fail' }>({
			kind: fc.constant('fail'),
			polls: fc.integer({ min: 1, max: 2 }),
		}),
	},
);
const anything: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 3, arbitrary: rate },
	{
		weight: 3,
		arbitrary: fc.record<Step & { kind: 'forward' }>({
			kind: fc.constant('forward'),
			line: anyLine,
			to: fc.constantFrom(...NUMBERS),
		}),
	},
	{
		weight: 4,
		arbitrary: fc.record<Step & { kind: 'add' | 'remove' }>({
			kind: fc.constantFrom('add', 'remove'),
			line: fc.constantFrom(...LINES.slice(1)),
		}),
	},
	{ weight: 1, arbitrary: fc.constant<Step>({ kind: 'emptyList' }) },
	{ weight: 7, arbitrary: polling },
);

interface State {
	reputation: string | null;
	forwarding: string | null;
}

const text = (value: unknown) => (typeof value === 'string' ? value : null);

describe('The items of all polls, with random changes, failures and restarts', () => {
	let server: FakeLinqApi;
	beforeAll(async () => {
		server = await startFakeLinqApi();
	});
	afterAll(async () => {
		await server.close();
	});

	const begin = async (parameters: { events: string[]; newReputation?: string[] }) => {
		const account = newAccount();
		const idOf = (index: number) => account + String(index).padStart(12, '0');
		const create = (index: number) => line(account, index, 'HEALTHY', { forwarding_number: null });
		server.lines.splice(0, server.lines.length, ...LINES.map(create));
		server.faults.length = 0;
		const harness = startPollingHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			parameters,
		});
		await harness.publish();
		/** Applies a step, and returns true if a poll has seen Linq's list. */
		const apply = async (step: Step): Promise<boolean> => {
			const found = 'line' in step && server.lines.find(({ id }) => id === idOf(step.line));
			switch (step.kind) {
				case 'rate':
					if (found) found.reputation = reputation(step.status);
					return false;
				case 'forward':
					if (found) found.forwarding_number = step.to;
					return false;
				case 'add':
					if (!found) server.lines.push(create(step.line));
					return false;
				case 'remove':
					if (found) server.lines.splice(server.lines.indexOf(found), 1);
					return false;
				case 'emptyList':
					server.faults.push({
						times: 1,
						fault: { kind: 'response', status: 200, body: '{"phone_numbers":[]}' },
					});
					await harness.poll();
					// Only a list that is empty twice counts.
					await harness.poll();
					return true;
				case 'fail':
					server.faults.push({ times: step.polls, fault: { kind: 'apiError', code: 2004 } });
					for (let polls = 0; polls < step.polls; polls++) await harness.poll();
					return false;
				case 'poll':
					await harness.poll();
					return true;
				case 'restart':
					await harness.restart();
					return true;
				case 'publish':
					await harness.publish();
					return true;
			}
		};
		const current = () =>
			new Map<string, State>(
				server.lines.map((one) => [
					one.id,
					{
						reputation: one.reputation?.status ?? null,
						forwarding: one.forwarding_number ?? null,
					},
				]),
			);
		return { harness, apply, current };
	};

	it('lead from the first state to the last: each change begins where the one before ended', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(anything, { maxLength: 40 }), async (steps) => {
				const { harness, apply, current } = await begin({
					events: ['reputation', 'forwarding', 'added', 'removed'],
				});
				const replayed = current();
				for (const step of steps) await apply(step);
				// A line is reported as removed when it is missing twice.
				for (let polls = 0; polls < 2; polls++) await harness.poll();
				for (const item of harness.items()) {
					const id = text(item.id) ?? '';
					const state = replayed.get(id);
					const before: State = {
						reputation: text(item.previous_reputation),
						forwarding: text(item.previous_forwarding_number),
					};
					const after: State = {
						reputation: text(item.new_reputation),
						forwarding: text(item.new_forwarding_number),
					};
					switch (item.event) {
						case 'reputation':
							expect(state?.reputation).toBe(before.reputation);
							expect(after.reputation).not.toBe(before.reputation);
							if (state) state.reputation = after.reputation;
							break;
						case 'forwarding':
							expect(state?.forwarding).toBe(before.forwarding);
							expect(after.forwarding).not.toBe(before.forwarding);
							if (state) state.forwarding = after.forwarding;
							break;
						case 'added':
							expect(state).toBeUndefined();
							replayed.set(id, after);
							break;
						default:
							expect(state).toEqual(before);
							replayed.delete(id);
					}
				}
				expect(replayed).toEqual(current());
			}),
			{ numRuns: RUNS },
		);
	});

	it('have each new reputation that passes the filter and that a poll has seen, also across restarts', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.oneof(rate, polling), { maxLength: 40 }),
				fc.subarray(REPUTATIONS.slice(0, 3)),
				async (steps, newReputation) => {
					const { harness, apply, current } = await begin({
						events: ['reputation'],
						newReputation,
					});
					let seen = current();
					const expected: object[] = [];
					for (const step of steps) {
						if (!(await apply(step))) continue;
						const now = current();
						for (const [id, { reputation: next }] of now) {
							const previous = seen.get(id)?.reputation;
							const isWanted = newReputation.length === 0 || newReputation.includes(next ?? '');
							if (next === previous || !isWanted) continue;
							expected.push({ id, previous_reputation: previous, new_reputation: next });
						}
						seen = now;
					}
					expect(
						harness.items().map(({ id, previous_reputation, new_reputation }) => ({
							id,
							previous_reputation,
							new_reputation,
						})),
					).toEqual(expected);
				},
			),
			{ numRuns: RUNS },
		);
	});
});
