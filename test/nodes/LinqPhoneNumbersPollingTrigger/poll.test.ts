import type { IDataObject, INodeParameters } from 'n8n-workflow';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { line, manyLines, newAccount, reputation } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { useFakeClock } from '../../support/fakeClock';
import type { PollingHarness } from '../../support/pollingHarness';
import { startPollingHarness } from '../../support/pollingHarness';

const ALL = ['reputation', 'forwarding', 'added', 'removed'];
const COLUMNS = [
	'event',
	'id',
	'phone_number',
	'reputation_change',
	'previous_reputation',
	'new_reputation',
	'previous_forwarding_number',
	'new_forwarding_number',
	'detected_at',
];

let server: FakeLinqApi;
let account: string;

const numberOf = (index: number) => `+1202${5_550_000 + index}`;
const idOf = (index: number) => account + String(index).padStart(12, '0');
const find = (index: number) => {
	const found = server.lines.find(({ id }) => id === idOf(index));
	if (!found) throw new Error(`There is no line ${index}`);
	return found;
};
/** Gives a line another reputation. */
const rate = (index: number, status: string) => {
	const changed = find(index);
	changed.reputation = reputation(status);
	changed.health_status = reputation(status);
};
const forward = (index: number, to: string | null) => {
	find(index).forwarding_number = to;
};
const remove = (index: number) => server.lines.splice(server.lines.indexOf(find(index)), 1);
const add = (index: number, status = 'HEALTHY') => {
	server.lines.push(line(account, index, status, { forwarding_number: null }));
};
const start = (parameters: INodeParameters = {}, alwaysOutputData = false) =>
	startPollingHarness({
		credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		parameters,
		alwaysOutputData,
	});
const published = async (parameters: INodeParameters = {}) => {
	const harness = start(parameters);
	await harness.publish();
	expect(harness.newItems()).toEqual([]);
	return harness;
};
/** Polls, and returns the new items. */
const polled = async (harness: PollingHarness) => {
	await harness.poll();
	return harness.newItems();
};
const brief = (items: IDataObject[]) => items.map(({ event, id }) => [event, id]);

beforeAll(async () => {
	server = await startFakeLinqApi();
});
afterAll(async () => {
	await server.close();
});
beforeEach(() => {
	account = newAccount();
	server.lines.splice(0, server.lines.length);
	for (const index of [1, 2, 3]) add(index);
	server.requests.length = 0;
	server.faults.length = 0;
});

describe('The changes that a poll returns', () => {
	it('are none at first, and none if no line changes', async () => {
		const harness = await published({ events: ALL });
		expect(await polled(harness)).toEqual([]);
		expect(harness.begun()).toBe(0);
	});

	it('include a reputation that worsened, once', async () => {
		forward(2, '+12025559999');
		const harness = await published();
		const before = Date.now();
		rate(2, 'AT_RISK');
		const [item, ...others] = await polled(harness);
		expect(others).toEqual([]);
		expect(Object.keys(item ?? {})).toEqual(COLUMNS);
		expect(item).toEqual({
			event: 'reputation',
			id: idOf(2),
			phone_number: numberOf(2),
			reputation_change: 'worsened',
			previous_reputation: 'HEALTHY',
			new_reputation: 'AT_RISK',
			previous_forwarding_number: '+12025559999',
			new_forwarding_number: '+12025559999',
			detected_at: item?.detected_at,
		});
		const detectedAt = typeof item?.detected_at === 'string' ? item.detected_at : '';
		const detected = Date.parse(detectedAt);
		expect(new Date(detected).toISOString()).toBe(detectedAt);
		expect(detected).toBeGreaterThanOrEqual(before);
		expect(detected).toBeLessThanOrEqual(Date.now());
		expect(await polled(harness)).toEqual([]);
	});

	it.each([
		['HEALTHY', 'CRITICAL', 'worsened'],
		['CRITICAL', 'AT_RISK', 'improved'],
		['HEALTHY', 'SUSPENDED', 'unknown'],
		['SUSPENDED', 'HEALTHY', 'unknown'],
	])('a reputation from %s to %s: %s', async (from, to, change) => {
		rate(1, from);
		const harness = await published();
		rate(1, to);
		expect(await polled(harness)).toMatchObject([
			{ previous_reputation: from, new_reputation: to, reputation_change: change },
		]);
	});

	it('use the deprecated field for the reputation; a missing reputation is no change', async () => {
		const harness = await published({ events: ALL });
		delete find(1).reputation;
		delete find(2).reputation;
		delete find(2).health_status;
		expect(await polled(harness)).toEqual([]);
		rate(2, 'AT_RISK');
		expect(await polled(harness)).toMatchObject([
			{ id: idOf(2), previous_reputation: 'HEALTHY', new_reputation: 'AT_RISK' },
		]);
	});

	it.each([
		[null, '+12025559999'],
		['+12025559999', '+12025558888'],
		['+12025559999', null],
	])('include a forwarding number from %s to %s', async (from, to) => {
		forward(3, from);
		const harness = await published({ events: ['forwarding'] });
		forward(3, to);
		expect(await polled(harness)).toMatchObject([
			{
				event: 'forwarding',
				id: idOf(3),
				reputation_change: 'unchanged',
				previous_reputation: 'HEALTHY',
				new_reputation: 'HEALTHY',
				previous_forwarding_number: from,
				new_forwarding_number: to,
			},
		]);
	});

	it('an absent and an empty forwarding number count as none', async () => {
		const harness = await published({ events: ALL });
		delete find(1).forwarding_number;
		find(2).forwarding_number = '';
		expect(await polled(harness)).toEqual([]);
	});

	it("are an item each, in Linq's order and with one time", async () => {
		const harness = await published({ events: ALL });
		remove(1);
		await polled(harness);
		rate(3, 'CRITICAL');
		forward(3, '+12025559999');
		forward(2, '+12025558888');
		add(4);
		const items = await polled(harness);
		expect(brief(items)).toEqual([
			['forwarding', idOf(2)],
			['reputation', idOf(3)],
			['forwarding', idOf(3)],
			['added', idOf(4)],
			['removed', idOf(1)],
		]);
		expect(new Set(items.map(({ detected_at }) => detected_at)).size).toBe(1);
		expect(harness.begun()).toBe(1);
		for (const item of items) expect(Object.keys(item)).toEqual(COLUMNS);
	});

	it('include an added line with all its fields', async () => {
		const harness = await published({ events: ['added'] });
		add(4, 'AT_RISK');
		forward(4, '+12025559999');
		expect(await polled(harness)).toMatchObject([
			{
				event: 'added',
				phone_number: numberOf(4),
				reputation_change: 'unknown',
				previous_reputation: null,
				new_reputation: 'AT_RISK',
				previous_forwarding_number: null,
				new_forwarding_number: '+12025559999',
			},
		]);
	});

	it('include a removed line when it is missing twice, and if it comes back as added', async () => {
		const harness = await published({ events: ALL });
		rate(2, 'AT_RISK');
		await polled(harness);
		remove(2);
		expect(await polled(harness)).toEqual([]);
		expect(await polled(harness)).toMatchObject([
			{
				event: 'removed',
				id: idOf(2),
				phone_number: numberOf(2),
				previous_reputation: 'AT_RISK',
				new_reputation: null,
			},
		]);
		expect(await polled(harness)).toEqual([]);
		add(2);
		expect(brief(await polled(harness))).toEqual([['added', idOf(2)]]);
	});

	it('a line that is missing once is not removed; its changes meanwhile are returned', async () => {
		const harness = await published({ events: ALL });
		remove(2);
		expect(await polled(harness)).toEqual([]);
		add(2, 'CRITICAL');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(2)]]);
		remove(2);
		// Missing once again: the earlier time does not count.
		expect(await polled(harness)).toEqual([]);
	});

	it('one empty list does not remove lines, two in a row do', async () => {
		const harness = await published({ events: ALL });
		const all = server.lines.splice(0, server.lines.length);
		expect(await polled(harness)).toEqual([]);
		server.lines.push(...all);
		expect(await polled(harness)).toEqual([]);
		server.lines.splice(0, server.lines.length);
		expect(await polled(harness)).toEqual([]);
		expect(brief(await polled(harness))).toEqual(all.map(({ id }) => ['removed', id]));
	});

	it('work from an account without lines', async () => {
		server.lines.splice(0, server.lines.length);
		const harness = await published({ events: ALL });
		add(1);
		expect(brief(await polled(harness))).toEqual([['added', idOf(1)]]);
	});

	it('an ID that is listed twice counts as one line', async () => {
		const harness = await published({ events: ALL });
		server.lines.push(find(1));
		expect(await polled(harness)).toEqual([]);
	});
});

describe('The filters select changes', () => {
	it.each(ALL)('by event: only %s', async (event) => {
		const harness = await published({ events: [event] });
		remove(1);
		await polled(harness);
		rate(2, 'AT_RISK');
		forward(3, '+12025559999');
		add(4);
		expect((await polled(harness)).map((item) => item.event)).toEqual([event]);
	});

	it('by new reputation, which does not filter other events', async () => {
		const harness = await published({
			events: ['reputation', 'forwarding', 'added'],
			newReputation: ['CRITICAL'],
		});
		rate(1, 'AT_RISK');
		rate(2, 'CRITICAL');
		forward(3, '+12025559999');
		add(4);
		expect(brief(await polled(harness))).toEqual([
			['reputation', idOf(2)],
			['forwarding', idOf(3)],
			['added', idOf(4)],
		]);
	});

	it('by line, given by number or ID', async () => {
		const harness = await published({
			events: ALL,
			lines: ['+1 202 555 0001', idOf(2).toUpperCase()],
		});
		for (const index of [1, 2, 3]) rate(index, 'AT_RISK');
		expect(brief(await polled(harness))).toEqual([
			['reputation', idOf(1)],
			['reputation', idOf(2)],
		]);
		remove(1);
		remove(3);
		await polled(harness);
		expect(brief(await polled(harness))).toEqual([['removed', idOf(1)]]);
	});

	it('after changed filters, no earlier change is returned, although n8n has not saved the state', async () => {
		const harness = await published({ events: ['reputation'], lines: [numberOf(1)] });
		rate(2, 'AT_RISK');
		forward(1, '+12025559999');
		forward(2, '+12025559999');
		expect(await polled(harness)).toEqual([]);
		harness.parameters = { events: ALL, lines: [] };
		await harness.publish();
		expect(harness.newItems()).toEqual([]);
		rate(2, 'CRITICAL');
		forward(2, null);
		expect(brief(await polled(harness))).toEqual([
			['reputation', idOf(2)],
			['forwarding', idOf(2)],
		]);
	});

	it('after changed filters, a change that passes both is returned', async () => {
		const harness = await published({ events: ['reputation'], lines: [numberOf(1)] });
		rate(1, 'AT_RISK');
		harness.parameters = { events: ALL, lines: [numberOf(1), numberOf(2)] };
		await harness.publish();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(1)]]);
	});

	it.each<[string, INodeParameters, string]>([
		['no events', { events: [] }, 'No events selected'],
		['an unknown event', { events: ['status'] }, 'Events is not a list of reputation, forwarding'],
		['undefined events', { events: '={{ undefined }}' }, 'Events is not a list'],
		['an unknown reputation', { newReputation: ['BAD'] }, 'New Reputation is not a list of'],
		['null lines', { lines: '={{ null }}' }, 'Line Names or IDs is empty'],
		['a line that is not valid', { lines: ['5550001'] }, 'does not begin with +'],
		[
			'a boolean as text',
			{ reportCurrentState: 'perhaps' },
			'Report Current State First is neither',
		],
		['an unknown line', { lines: ['+12025557777'] }, 'There is no line +12025557777 in this Linq'],
	])('publishing fails with %s', async (_, parameters, words) => {
		const harness = start(parameters);
		await expect(harness.publish()).rejects.toThrow(words);
		expect(harness.saved()).toEqual({});
	});

	it('fails with a parameter that is invalid later, and afterwards returns what changed meanwhile', async () => {
		const harness = await published();
		const node = harness.parameters;
		rate(1, 'AT_RISK');
		harness.parameters = { ...node, events: [] };
		await expect(harness.publish()).rejects.toThrow('No events selected');
		harness.parameters = node;
		await harness.publish();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(1)]]);
	});
});

describe('Report Current State First', () => {
	it('returns the lines as they are at the first poll only', async () => {
		rate(2, 'AT_RISK');
		forward(2, '+12025559999');
		const harness = start({ reportCurrentState: true });
		await harness.publish();
		const items = harness.newItems();
		expect(brief(items)).toEqual([1, 2, 3].map((index) => ['reputation', idOf(index)]));
		expect(items[1]).toEqual({
			event: 'reputation',
			id: idOf(2),
			phone_number: numberOf(2),
			reputation_change: 'unknown',
			previous_reputation: null,
			new_reputation: 'AT_RISK',
			previous_forwarding_number: null,
			new_forwarding_number: '+12025559999',
			detected_at: items[0]?.detected_at,
		});
		expect(await polled(harness)).toEqual([]);
		await harness.restart();
		expect(harness.newItems()).toEqual([]);
	});

	it('applies New Reputation and Lines, e.g. for a sheet of lines at risk', async () => {
		rate(1, 'AT_RISK');
		rate(2, 'CRITICAL');
		const harness = start({
			reportCurrentState: true,
			newReputation: ['AT_RISK', 'CRITICAL'],
			lines: [numberOf(2), numberOf(3)],
		});
		await harness.publish();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(2)]]);
		rate(3, 'AT_RISK');
		rate(2, 'HEALTHY');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(3)]]);
	});

	it.each([
		[['forwarding', 'added'], 'forwarding'],
		[['removed', 'added'], 'added'],
		[['added', 'reputation'], 'reputation'],
	])('with the events %j, the items have the event %s', async (events, event) => {
		const harness = start({ reportCurrentState: true, events });
		await harness.publish();
		expect(harness.newItems().map((item) => item.event)).toEqual([event, event, event]);
	});

	it('returns nothing with Line Removed only', async () => {
		const harness = start({ reportCurrentState: true, events: ['removed'] });
		await harness.publish();
		expect(harness.newItems()).toEqual([]);
	});
});

describe('Every change is returned exactly once', () => {
	it.each([
		['a rate limit', { kind: 'apiError', code: 1007, retryAfter: 3_600 }, 'Rate limit'],
		['a wrong key', { kind: 'apiError', code: 2004 }, 'Unauthorized'],
		['a page of a proxy', { kind: 'response', status: 403, body: '<html>' }, 'Could not list'],
		['no list', { kind: 'response', status: 200, body: '{}' }, 'returned no list of phone numbers'],
		['a login page', { kind: 'response', status: 200, body: '<html>' }, 'a web page instead'],
	] as const)(
		'a poll fails with %s and says why, and the next one returns all changes since',
		async (_, fault, words) => {
			const harness = await published({ events: ALL });
			rate(1, 'AT_RISK');
			server.faults.push({ fault });
			expect(await polled(harness)).toEqual([]);
			forward(2, '+12025559999');
			expect(await polled(harness)).toEqual([]);
			expect(harness.failures).toHaveLength(2);
			for (const { message } of harness.failures) {
				expect(message).toMatch(new RegExp(words, 'i'));
				expect(message).not.toContain(server.apiKey);
			}
			server.faults.length = 0;
			expect(brief(await polled(harness))).toEqual([
				['reputation', idOf(1)],
				['forwarding', idOf(2)],
			]);
			expect(await polled(harness)).toEqual([]);
		},
	);

	it('a failed poll does not count a line as missing', async () => {
		const harness = await published({ events: ALL });
		remove(1);
		expect(await polled(harness)).toEqual([]);
		server.faults.push({ times: 1, fault: { kind: 'apiError', code: 2004 } });
		expect(await polled(harness)).toEqual([]);
		expect(brief(await polled(harness))).toEqual([['removed', idOf(1)]]);
	});

	it('a failed publish says why, and leaves no state', async () => {
		const harness = start();
		server.faults.push({ times: 1, fault: { kind: 'apiError', code: 2004 } });
		await expect(harness.publish()).rejects.toThrow('Could not list the lines: Unauthorized');
		expect(harness.saved()).toEqual({});
		rate(1, 'AT_RISK');
		await harness.publish();
		rate(1, 'CRITICAL');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
	});

	it('changes during a restart are returned', async () => {
		const harness = await published({ events: ALL });
		rate(1, 'AT_RISK');
		forward(3, '+12025559999');
		add(4);
		await harness.restart();
		expect(brief(harness.newItems())).toEqual([
			['reputation', idOf(1)],
			['forwarding', idOf(3)],
			['added', idOf(4)],
		]);
		await harness.restart();
		expect(harness.newItems()).toEqual([]);
	});

	it('an unchanged publish returns the changes since the last poll', async () => {
		const harness = await published({ events: ALL });
		rate(1, 'AT_RISK');
		await polled(harness);
		await harness.publish();
		expect(harness.newItems()).toEqual([]);
		rate(1, 'HEALTHY');
		await harness.publish();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(1)]]);
	});

	it('a recovery that is filtered out is saved, so a relapse during a restart is returned', async () => {
		rate(1, 'CRITICAL');
		const harness = await published({ newReputation: ['CRITICAL'] });
		rate(1, 'HEALTHY');
		expect(await polled(harness)).toEqual([]);
		// The execution ends at the trigger.
		expect([harness.begun(), harness.executions]).toEqual([1, []]);
		rate(1, 'CRITICAL');
		await harness.restart();
		expect(harness.newItems()).toMatchObject([
			{ id: idOf(1), previous_reputation: 'HEALTHY', new_reputation: 'CRITICAL' },
		]);
	});

	it('with Always Output Data, it starts no execution to save the state: the workflow would get an empty item', async () => {
		rate(1, 'CRITICAL');
		const harness = start({ newReputation: ['CRITICAL'] }, true);
		await harness.publish();
		rate(1, 'HEALTHY');
		expect(await polled(harness)).toEqual([]);
		expect(harness.begun()).toBe(0);
	});

	it('an added line that is filtered out is saved, so its changes during a restart are returned', async () => {
		const harness = await published();
		add(4);
		expect(await polled(harness)).toEqual([]);
		rate(4, 'AT_RISK');
		await harness.restart();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(4)]]);
	});

	it('starts no execution for changes that are filtered out', async () => {
		const harness = await published({ events: ['reputation'], lines: [numberOf(1)] });
		forward(1, '+12025559999');
		rate(2, 'AT_RISK');
		remove(3);
		add(4);
		await polled(harness);
		await polled(harness);
		expect(harness.begun()).toBe(0);
	});

	it('polls that overlap return a change once, with one request in flight', async () => {
		const harness = await published();
		server.requests.length = 0;
		const hold = holdRequests();
		server.faults.push({ times: 1, fault: hold.fault });
		rate(1, 'AT_RISK');
		const slow = harness.poll();
		while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
		await Promise.all([harness.poll(), harness.poll()]);
		expect(harness.newItems()).toEqual([]);
		hold.release();
		await slow;
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(1)]]);
		expect(server.requests).toHaveLength(1);
		expect(await polled(harness)).toEqual([]);
		expect(server.requests).toHaveLength(2);
	});

	it('a poll that failed is no longer in flight', async () => {
		const harness = await published();
		server.faults.push({ times: 1, fault: { kind: 'apiError', code: 2004 } });
		await polled(harness);
		rate(1, 'AT_RISK');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
	});

	it('changes the static data only when the state has changed', async () => {
		const harness = await published();
		const { lines } = harness.inMemory();
		await polled(harness);
		expect(harness.inMemory().lines).toBe(lines);
	});
});

describe('Fetch Test Event', () => {
	it('returns real lines in the same shape, and changes no state', async () => {
		rate(2, 'AT_RISK');
		const harness = await published({ newReputation: ['AT_RISK'] });
		const saved = harness.saved();
		rate(3, 'AT_RISK');
		const items = await harness.fetchTestEvent();
		expect(brief(items)).toEqual([
			['reputation', idOf(2)],
			['reputation', idOf(3)],
		]);
		for (const item of items) expect(Object.keys(item)).toEqual(COLUMNS);
		expect(harness.saved()).toEqual(saved);
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(3)]]);
	});

	it('returns any lines if none has such a reputation', async () => {
		const items = await start({ newReputation: ['CRITICAL'] }).fetchTestEvent();
		expect(items.map((item) => item.new_reputation)).toEqual(['HEALTHY', 'HEALTHY', 'HEALTHY']);
	});

	it('returns lines as removed with Line Removed only', async () => {
		const items = await start({ events: ['removed'] }).fetchTestEvent();
		expect(items).toHaveLength(3);
		expect(items[0]).toMatchObject({
			event: 'removed',
			id: idOf(1),
			previous_reputation: 'HEALTHY',
			new_reputation: null,
		});
	});

	it('returns nothing if the account has no lines', async () => {
		server.lines.splice(0, server.lines.length);
		expect(await start().fetchTestEvent()).toEqual([]);
	});

	it('says why it fails', async () => {
		server.faults.push({ times: 1, fault: { kind: 'apiError', code: 2004 } });
		await expect(start().fetchTestEvent()).rejects.toThrow(
			'Could not list the lines: Unauthorized',
		);
	});
});

describe('If Linq is down', () => {
	const clock = useFakeClock();

	it.each([
		['a server error', { kind: 'apiError', code: 3006 }, 'Internal server error'],
		['a connection that breaks', { kind: 'reset', when: 'midBody' }, 'Could not list the lines'],
	] as const)(
		'with %s, the poll fails after four attempts and says why, and the next one returns the change',
		async (_, fault, words) => {
			const harness = await published();
			server.requests.length = 0;
			server.faults.push({ fault });
			rate(1, 'AT_RISK');
			expect(await polled(harness)).toEqual([]);
			expect(server.requests).toHaveLength(4);
			expect(clock.waits.length).toBeGreaterThanOrEqual(3);
			expect(harness.failures).toHaveLength(1);
			expect(harness.failures[0]?.message).toContain(words);
			server.faults.length = 0;
			expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
		},
	);

	it('for a moment, the poll still returns the change', async () => {
		const harness = await published();
		server.faults.push({ times: 2, fault: { kind: 'apiError', code: 3006 } });
		rate(1, 'AT_RISK');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
		expect(harness.failures).toEqual([]);
	});
});

describe('The trigger starts over', () => {
	/** Gives the server the lines of another account. */
	const changeAccount = () => {
		account = newAccount();
		server.lines.splice(0, server.lines.length);
		for (const index of [1, 2]) add(index, 'CRITICAL');
	};

	it('with another account, without returning its lines', async () => {
		const harness = await published({ events: ALL });
		changeAccount();
		expect(await polled(harness)).toEqual([]);
		rate(1, 'AT_RISK');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
	});

	it('with another account, whose changes during a restart are returned', async () => {
		const harness = await published();
		changeAccount();
		await polled(harness);
		rate(1, 'AT_RISK');
		await harness.restart();
		expect(brief(harness.newItems())).toEqual([['reputation', idOf(1)]]);
	});

	it('with another account; the poll fails and says why if that lacks a watched line', async () => {
		const harness = await published({ lines: [idOf(3)] });
		changeAccount();
		expect(await polled(harness)).toEqual([]);
		expect(harness.failures.map(({ message }) => message)).toEqual([
			expect.stringMatching(/^There is no line with the ID .+ in this Linq account$/),
		]);
	});

	it('not with an account that has one of the lines', async () => {
		const harness = await published({ events: ['added'] });
		remove(1);
		remove(2);
		add(4);
		expect(brief(await polled(harness))).toEqual([['added', idOf(4)]]);
	});

	it.each<[string, IDataObject]>([
		['no list', { events: ['reputation'], lines: 'all' }],
		['no events', { lines: [] }],
		['a line with a wrong type', { events: ['reputation'], lines: [['1', 2, null, null]] }],
		['a line that is too long', { events: ['reputation'], lines: [['1', '2', null, null, 1, 1]] }],
	])('with invalid static data: %s', async (_, state) => {
		const harness = await published();
		harness.overwrite(state);
		rate(1, 'AT_RISK');
		await harness.restart();
		expect(harness.newItems()).toEqual([]);
		rate(1, 'CRITICAL');
		expect(brief(await polled(harness))).toEqual([['reputation', idOf(1)]]);
	});

	it('without Report Current State First', async () => {
		const harness = start({ reportCurrentState: true });
		await harness.publish();
		expect(harness.newItems()).toHaveLength(3);
		changeAccount();
		expect(await polled(harness)).toEqual([]);
	});
});

describe('Large accounts', () => {
	it.each([
		[2_000, 200_000],
		[20_000, 2_000_000],
	])(
		'%d lines: one request a poll, and less than %d bytes of static data',
		async (count, bytes) => {
			server.lines.splice(0, server.lines.length, ...manyLines(count, account));
			for (const one of server.lines) one.forwarding_number = '+12025559999';
			const harness = await published({ events: ALL });
			expect(harness.savedBytes()).toBeLessThan(bytes);
			server.requests.length = 0;
			rate(count, 'HEALTHY');
			rate(1, 'AT_RISK');
			expect(brief(await polled(harness))).toEqual([
				['reputation', idOf(1)],
				['reputation', idOf(count)],
			]);
			expect(server.requests).toHaveLength(1);
			// The same if all lines but one are missing.
			server.lines.splice(1, server.lines.length);
			rate(1, 'CRITICAL');
			expect(await polled(harness)).toHaveLength(1);
			expect(harness.savedBytes()).toBeLessThan(bytes);
			expect(await polled(harness)).toHaveLength(count - 1);
			expect(harness.savedBytes()).toBeLessThan(300);
		},
	);
});
