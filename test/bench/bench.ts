import '../support/runNode';
import type { IDataObject } from 'n8n-workflow';
import { getHeapStatistics } from 'node:v8';
import { toRow, parsePhoneNumberList } from '../../nodes/shared/linq/phoneNumber';
import { startPollingHarness } from '../support/pollingHarness';
import { runNode } from '../support/runNode';
import { manyLines } from '../fakeLinqApi/fixtures';
import type { LinqApiOptions, LinqProcess } from './forkFakeApi';
import { ACCOUNT, startLinqProcess } from './forkFakeApi';
import type { Candidates } from './measure';
import { measure, print, printRatios } from './measure';
import {
	FORWARD,
	hasN8n,
	listByHttpRequest,
	NoOpNode,
	ProgrammaticUpdate,
	run,
	update,
	updateByHttpRequest,
} from './baselines';

const LINES = 1_000;
const NODE = 'Linq Phone Numbers';

/** Measures something against a local Linq API of its own. */
async function against(
	options: LinqApiOptions,
	what: (linq: LinqProcess) => Promise<void>,
): Promise<void> {
	const linq = await startLinqProcess(options);
	try {
		await what(linq);
	} finally {
		linq.stop();
	}
}

const itemsOf = (lines: number): IDataObject[] =>
	manyLines(lines, ACCOUNT).map(({ id, phone_number }) => ({ id, phone_number }));

async function bareList({ credentials }: LinqProcess, reputation?: string) {
	const response = await fetch(`${credentials.baseUrl}/v3/phone_numbers`, {
		headers: { authorization: `Bearer ${credentials.apiKey}` },
	});
	const lines = parsePhoneNumberList(JSON.parse(await response.text()));
	return lines
		.filter((line) => !reputation || line.reputation?.status === reputation)
		.map((line) => ({ json: toRow(line) }));
}

async function benchList(lines: number, rounds: number): Promise<void> {
	await against({ lines }, async (linq) => {
		const { credentials } = linq;
		const candidates: Candidates = {
			'bare fetch': async () => await bareList(linq),
			[NODE]: async () => await run({ parameters: { operation: 'list' }, credentials }, lines),
		};
		if (hasN8n) {
			candidates['HTTP Request + Split Out + Edit Fields'] = async () =>
				await run(listByHttpRequest(linq), lines);
		}
		printRatios(`list ${lines} lines`, await measure(candidates, rounds), 'bare fetch');
	});
}

/** Returns the peak of the heap during some work, garbage included, in bytes. */
async function heapOf(what: () => Promise<unknown>): Promise<number> {
	global.gc?.();
	const used = () => getHeapStatistics().used_heap_size;
	const before = used();
	let peak = before;
	const sampler = setInterval(() => (peak = Math.max(peak, used())), 1);
	await what();
	clearInterval(sampler);
	return Math.max(peak, used()) - before;
}

async function benchMemory(lines: number): Promise<void> {
	await against({ lines }, async (linq) => {
		const { credentials } = linq;
		const parameters = { operation: 'list', filters: { reputation: ['CRITICAL'] } };
		const candidates: Candidates = {
			'bare fetch': async () => await bareList(linq, 'CRITICAL'),
			[NODE]: async () => await run({ parameters, credentials }, lines / 4),
		};
		const title = `list ${lines} lines, a quarter passes`;
		printRatios(title, await measure(candidates, 5), 'bare fetch');
		const json = JSON.stringify({ phone_numbers: manyLines(lines) }).length;
		const rows: string[][] = [['the response', (json / 1e6).toFixed(0), '1.00']];
		for (const [name, candidate] of Object.entries(candidates)) {
			const heap = await heapOf(candidate);
			rows.push([name, (heap / 1e6).toFixed(0), (heap / json).toFixed(2)]);
		}
		print([title, 'MB of heap', 'of the response'], rows);
	});
}

async function benchUpdates(title: string, api: Omit<LinqApiOptions, 'lines'>): Promise<void> {
	await against({ lines: LINES, ...api }, async (linq) => {
		const { credentials } = linq;
		const items = itemsOf(LINES);
		const candidates: Candidates = {
			'programmatic, 10 at a time': async () =>
				await run(
					{ nodeType: new ProgrammaticUpdate(), parameters: update('id'), items, credentials },
					LINES,
				),
			[`${NODE}, by ID`]: async () =>
				await run({ parameters: update('id'), items, credentials }, LINES),
			[`${NODE}, by number`]: async () =>
				await run({ parameters: update('number'), items, credentials }, LINES),
		};
		if (hasN8n) {
			candidates['HTTP Request'] = async () => await run(updateByHttpRequest(linq, items), LINES);
		}
		const medians = await measure(candidates, 7);
		const base = hasN8n ? 'HTTP Request' : 'programmatic, 10 at a time';
		printRatios(`${LINES} updates, ${title}`, medians, base);
	});
}

/** Measures polls that find nothing changed. */
async function benchPoll(lines: number): Promise<void> {
	await against({ lines }, async (linq) => {
		const trigger = startPollingHarness({ credentials: linq.credentials });
		await trigger.publish();
		const candidates: Candidates = {
			'bare fetch': async () => await bareList(linq),
			'Linq Phone Numbers Polling Trigger': trigger.poll,
		};
		printRatios(`poll ${lines} lines`, await measure(candidates, 15), 'bare fetch');
		if (trigger.failures.length > 0) throw new Error('A poll failed');
		console.log(`${trigger.savedBytes()} bytes of static data`);
	});
}

/** Counts what becomes of updates under a rate limit. */
async function benchLimit(requestsPerSecond: number): Promise<void> {
	await against({ lines: LINES, requestsPerSecond, responseDelayMs: 50 }, async (linq) => {
		const { credentials } = linq;
		const items = itemsOf(LINES);
		const nodes = {
			[NODE]: { parameters: update('id'), items, credentials },
			...(hasN8n && { 'HTTP Request': updateByHttpRequest(linq, items) }),
		};
		const rows: string[][] = [];
		for (const [name, node] of Object.entries(nodes)) {
			const start = performance.now();
			const { outputs } = await runNode(node);
			const seconds = (performance.now() - start) / 1_000;
			const confirmed = outputs[0]?.filter(({ json }) => json.forwarding_number === FORWARD);
			const { updates, applied } = await linq.counts();
			rows.push([
				name,
				String(applied),
				String(confirmed?.length ?? 0),
				`${(((updates - applied) / updates) * 100).toFixed(1)}%`,
				seconds.toFixed(1),
			]);
		}
		print(
			[`${LINES} updates, ${requestsPerSecond}/s allowed`, 'applied', 'confirmed', 'rejected', 's'],
			rows,
		);
	});
}

async function benchUnchanged(differing: number, responseDelayMs: number): Promise<void> {
	await against({ lines: LINES, responseDelayMs }, async (linq) => {
		const { credentials } = linq;
		let round = 0;
		/** The same number for all, except for some that get another one each round. */
		const items = () => {
			round++;
			return itemsOf(LINES).map((item, index) => ({
				...item,
				to: index < differing ? `+1202556${String(round).padStart(4, '0')}` : FORWARD,
			}));
		};
		const sync = (skipUnchanged: boolean) => async () => {
			const parameters = update('id', '={{ $json.to }}', { skipUnchanged });
			await run({ parameters, items: items(), credentials }, LINES);
		};
		await sync(false)();
		await linq.counts();
		await sync(true)();
		const { lists, updates } = await linq.counts();
		const title = `${LINES} items, ${differing} differ, ${responseDelayMs} ms per response`;
		console.log(`${title}, skipped: ${lists} GET, ${updates} PUT`);
		const candidates: Candidates = {
			'all are sent': sync(false),
			'Skip Unchanged': sync(true),
			"n8n's engine without the node's work": async () =>
				await run(
					{
						nodeType: new NoOpNode(),
						parameters: update('id', '={{ $json.to }}', { skipUnchanged: true }),
						items: items(),
						credentials,
					},
					LINES,
				),
		};
		printRatios(title, await measure(candidates, 5), 'all are sent');
	});
}

/** Measures whether the time per update stays constant. */
async function benchGrowth(counts: number[]): Promise<void> {
	const rows: string[][] = [];
	for (const lines of counts) {
		await against({ lines }, async ({ credentials }) => {
			const start = performance.now();
			await run({ parameters: update('number'), items: itemsOf(lines), credentials }, lines);
			const ms = performance.now() - start;
			rows.push([String(lines), (ms / 1_000).toFixed(1), (ms / lines).toFixed(2)]);
		});
	}
	print(['updates by number, in one run', 's', 'ms each'], rows);
}

async function bench(): Promise<void> {
	if (!hasN8n) console.log("Without n8n's own nodes: npm run demo installs n8n, which has them.");
	for (const lines of [100, 1_000, 10_000]) await benchList(lines, 5);
	for (const lines of [2_000, 20_000]) await benchPoll(lines);
	await benchMemory(100_000);
	await benchUpdates('50 ms per response', { responseDelayMs: 50 });
	await benchUpdates('no delay', {});
	await benchLimit(100);
	await benchUnchanged(10, 50);
	await benchGrowth([5_000, 10_000, 20_000]);
}

bench().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
