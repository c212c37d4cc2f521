import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import Fastify from 'fastify';
import type { IDataObject, INode } from 'n8n-workflow';
import { readSheet } from 'read-excel-file/node';
import { manyLines, reputation } from '../fakeLinqApi/fixtures.js';
import { DataTable } from './dataTable.js';
import type { ChatMessage } from './hostedChat.js';
import { HostedChat } from './hostedChat.js';
import { InstalledExample } from './exampleWorkflow.js';
import type { OpenAi } from './fakeOpenAi.js';
import { startOpenAi } from './fakeOpenAi.js';
import type { Environment } from './environment.js';

const FIRST = '+12025550001';
const SECOND = '+12025550002';
const THIRD = '+12025550003';
const FOURTH = '+12025550004';
const FIFTH = '+12025550005';
const ON_CALL = '+12025557777';
const OTHER = '+12025558888';

/** n8n accepts one poll a minute per Poll Time, but any number of Poll Times. */
const EVERY_SECOND = {
	item: Array.from({ length: 60 }, (_, second) => ({
		mode: 'custom',
		cronExpression: `${second} * * * * *`,
	})),
};

function linesAtRisk(count: number) {
	return manyLines(count).map((line) => ({
		...line,
		reputation: reputation('AT_RISK'),
		health_status: reputation('AT_RISK'),
	}));
}

/** The response to a change that was not made. */
interface NotDone {
	error: string;
	description: string;
	line: string;
	retryable: boolean;
	trace_id: string | null;
}

/** Waits for what n8n does by itself, a minute at most. */
async function until(what: string, isDone: () => boolean): Promise<void> {
	for (let tries = 0; !isDone(); tries++) {
		if (tries === 600) throw new Error(`Waited a minute for ${what}`);
		await delay(100);
	}
}

/** Tests the example workflows. */
export function examples(environment: () => Environment): void {
	const chat = Fastify();
	const messages: string[] = [];
	let chatAddress = '';
	let chatIsDown = false;

	before(async () => {
		chat.post<{ Body: { text: string } }>('/', async ({ body }, reply) => {
			if (chatIsDown) return await reply.code(400).send();
			messages.push(body.text);
			return await Promise.resolve({});
		});
		chatAddress = await chat.listen({ host: '127.0.0.1', port: 0 });
	});
	after(async () => {
		await chat.close();
	});
	beforeEach(() => {
		environment().reset();
		environment().linq.writes.length = 0;
		messages.length = 0;
		chatIsDown = false;
	});

	const numberOf = (id: string) =>
		environment().linq.lines.find((one) => one.id === id)?.phone_number;
	/** Returns the updates that Linq applied: line and number, in order. */
	const written = () => environment().linq.writes.map(({ id, to }) => [numberOf(id), to]);
	/** Returns how many requests Linq got with a method. */
	const requestCount = (method: string) =>
		environment().linq.requests.filter((request) => request.method === method).length;
	/** Publishes an example whose webhook requires the secret in a header. */
	const publishWithSecret = async (file: string, header: string) => {
		const httpHeaderAuth = await environment().api.createCredential(header, 'httpHeaderAuth', {
			name: header,
			value: 'secret',
		});
		const example = await InstalledExample.install(environment(), file, {
			credentials: { httpHeaderAuth },
		});
		await example.publish();
		return example;
	};
	const forwarding = (phoneNumber: string) =>
		environment().linq.lines.find(({ phone_number }) => phone_number === phoneNumber)
			?.forwarding_number ?? null;

	describe('at-risk-lines-to-spreadsheet.json', () => {
		let report: InstalledExample;
		const files = async () => (await readdir(environment().n8n.filesFolder)).sort();
		/** Returns the rows of today's file, as a spreadsheet program reads it. */
		const rows = async () => {
			const today = (await files()).filter((file) =>
				/^at-risk-lines-\d{4}-\d\d-\d\d\.xlsx$/.test(file),
			);
			assert.equal(today.length, 1);
			return await readSheet(join(environment().n8n.filesFolder, today[0] ?? ''));
		};
		const column = (sheet: unknown[][], name: string) => {
			const index = sheet[0]?.indexOf(name) ?? -1;
			return sheet.slice(1).map((row) => row[index]);
		};
		const run = async () => {
			assert.equal((await report.start('Every morning')).status, 'success');
		};

		before(async () => {
			report = await InstalledExample.install(environment(), 'at-risk-lines-to-spreadsheet.json');
			await report.publish();
		});
		after(async () => {
			await report.remove();
		});
		beforeEach(async () => {
			const { filesFolder } = environment().n8n;
			for (const file of await files()) await rm(join(filesFolder, file));
		});

		it('creates one file a day with all lines at risk, whose numbers keep their +', async () => {
			const { linq } = environment();
			Object.assign(linq.lines[1] ?? {}, { forwarding_number: ON_CALL });
			await run();
			const sheet = await rows();
			assert.deepEqual(column(sheet, 'phone_number'), [SECOND, THIRD, FIFTH]);
			assert.deepEqual(column(sheet, 'forwarding_number'), [ON_CALL, null, null]);
			assert.deepEqual(column(sheet, 'reputation_status'), ['AT_RISK', 'CRITICAL', 'AT_RISK']);
			await linq.changeReputation(SECOND, 'HEALTHY');
			await run();
			assert.deepEqual(column(await rows(), 'phone_number'), [THIRD, FIFTH]);
			assert.equal((await files()).length, 1);
		});

		// The workflow keeps no state: earlier days leave only their files.
		it('lists 5,001 lines at risk on the fortieth day as well', async () => {
			const { linq, n8n } = environment();
			const lines = linesAtRisk(5_001);
			linq.lines.splice(0, linq.lines.length, ...lines);
			for (let day = 1; day < 40; day++) {
				await writeFile(join(n8n.filesFolder, `at-risk-lines-day-${day}.xlsx`), '');
			}
			for (let times = 0; times < 3; times++) {
				await run();
				assert.deepEqual(
					column(await rows(), 'phone_number'),
					lines.map(({ phone_number }) => phone_number),
				);
				assert.equal((await files()).length, 40);
			}
		});

		it('creates no file if no line is at risk', async () => {
			const { linq } = environment();
			linq.lines.splice(1);
			await run();
			assert.deepEqual(await files(), []);
		});
	});

	describe('forwarding-from-webhook.json', () => {
		let webhook: InstalledExample;
		const send = async (body: string | URLSearchParams | FormData, headers = {}) =>
			await webhook.call('on-call', {
				method: 'POST',
				headers: { 'X-On-Call-Key': 'secret', ...headers },
				body,
				// As long as an app waits.
				signal: AbortSignal.timeout(30_000),
			});
		const JSON_TYPE = { 'content-type': 'application/json' };
		const post = async (body: object) => await send(JSON.stringify(body), JSON_TYPE);
		const change = async (forward_to: string) => await post({ line: FIRST, forward_to });
		const undoOf = async (response: Response) => ((await response.json()) as { undo: object }).undo;

		before(async () => {
			webhook = await publishWithSecret('forwarding-from-webhook.json', 'X-On-Call-Key');
		});
		after(async () => {
			await webhook.remove();
		});

		it('only POST, and only with the key', async () => {
			const body = JSON.stringify({ line: FIRST, forward_to: OTHER });
			assert.equal((await send(body, { ...JSON_TYPE, 'X-On-Call-Key': 'wrong' })).status, 403);
			const address = `${environment().n8n.address}/webhook/on-call`;
			const headers = { 'X-On-Call-Key': 'secret' };
			assert.equal((await fetch(address, { headers })).status, 404);
			assert.equal(environment().linq.requests.length, 0);
		});

		it('JSON and forms', async () => {
			const fields = { line: FIRST, forward_to: ON_CALL };
			const form = new FormData();
			for (const [name, value] of Object.entries(fields)) form.append(name, value);
			for (const body of [new URLSearchParams(fields), form]) {
				assert.equal((await send(body)).status, 200);
			}
			assert.equal((await post(fields)).status, 200);
			assert.deepEqual(written(), [
				[FIRST, ON_CALL],
				[FIRST, ON_CALL],
				[FIRST, ON_CALL],
			]);
		});

		it('JSON that is broken: 422, and nothing is sent', async () => {
			const response = await send('{ "line": ', JSON_TYPE);
			assert.equal(response.status, 422);
			assert.match(await response.text(), /"message":"Failed to parse request body"/);
			assert.equal(environment().linq.requests.length, 0);
		});

		it('undoes a change, also one of a line that was not forwarded', async () => {
			for (const [line, before] of [
				[FIRST, '+12025559999'],
				[SECOND, null],
			] as const) {
				const undo = await undoOf(await post({ line, forward_to: OTHER }));
				assert.equal((await post(undo)).status, 200);
				assert.deepEqual(written().splice(-2), [
					[line, OTHER],
					[line, before],
				]);
			}
		});

		it('the same change twice: only the undo of the first response goes back', async () => {
			const first = await undoOf(await change(OTHER));
			const second = await undoOf(await change(OTHER));
			assert.deepEqual(first, { line: FIRST, forward_to: '+12025559999' });
			assert.deepEqual(second, { line: FIRST, forward_to: OTHER });
		});

		it('what the app sent is wrong: 422, and what to do', async () => {
			const response = await change('');
			assert.equal(response.status, 422);
			const { description, ...rest } = (await response.json()) as NotDone;
			assert.deepEqual(rest, {
				error: `The forwarding number is empty (line ${FIRST})`,
				line: FIRST,
				retryable: false,
				trace_id: null,
			});
			assert.match(description, /^To stop forwarding, give the word clear/);
			assert.deepEqual(written(), []);
		});

		it('Linq rejects it: 502, and the app is not to retry', async () => {
			const { linq } = environment();
			linq.faults.push({ method: 'PUT', fault: { kind: 'apiError', code: 2005 } });
			const response = await change(OTHER);
			assert.equal(response.status, 502);
			const body = (await response.json()) as NotDone;
			assert.match(body.error, /Access denied/);
			assert.match(body.description, /Check that the line belongs to this Linq account/);
			assert.equal(body.retryable, false);
			assert.deepEqual(written(), []);
		});

		it('Linq is silent: 502 in time, and the app learns that the line may have changed', async () => {
			const { linq } = environment();
			linq.faults.push({ method: 'PUT', fault: { kind: 'hang' } });
			const response = await change(OTHER);
			assert.equal(response.status, 502);
			const body = (await response.json()) as NotDone;
			assert.match(body.error, /no response came in time/);
			assert.match(body.description, /Linq may have applied the update anyway/);
			assert.equal(body.retryable, true);
			assert.equal(requestCount('PUT'), 2);
		});

		it('Linq is silent while two changes of a line are sent: both get their 502 in time', async () => {
			environment().linq.faults.push({ method: 'PUT', fault: { kind: 'hang' } });
			const responses = await Promise.all([change(OTHER), change(ON_CALL)]);
			assert.deepEqual(
				responses.map(({ status }) => status),
				[502, 502],
			);
		});
	});

	describe('on-call-schedule.json', () => {
		let table: DataTable;
		let schedule: InstalledExample;
		/** Returns the time this many hours from now, with Athens' offset in winter. */
		const hours = (count: number) =>
			new Date(Date.now() + (count + 2) * 3_600_000).toISOString().replace('Z', '+02:00');
		const shift = (line: string | null, forward_to: string | null, from = -1, to = 1) => ({
			line,
			forward_to,
			starts_at: hours(from),
			ends_at: hours(to),
		});
		const run = async () => await schedule.start('Every 15 minutes');

		before(async () => {
			table = await DataTable.create(environment().api, 'On-call shifts', {
				line: 'string',
				forward_to: 'string',
				starts_at: 'date',
				ends_at: 'date',
			});
			schedule = await InstalledExample.install(environment(), 'on-call-schedule.json', {
				chat: chatAddress,
				table,
			});
			await schedule.publish();
		});
		after(async () => {
			await schedule.remove();
		});
		beforeEach(async () => {
			await table.clear();
		});

		it('forwards to the number of the current shift, and sends nothing the second time', async () => {
			await table.insert([
				shift(FIRST, OTHER, -3, -1),
				shift(FIRST, ON_CALL),
				shift(FIRST, OTHER, 1, 3),
				shift('+1 (202) 555-0002', ON_CALL),
				shift(FOURTH, OTHER, 1, 2),
			]);
			assert.equal((await run()).status, 'success');
			assert.deepEqual(written().sort(), [
				[FIRST, ON_CALL],
				[SECOND, ON_CALL],
			]);
			assert.equal((await run()).status, 'success');
			assert.equal(written().length, 2);
			assert.deepEqual(messages, []);
		});

		it('sends no request if there is no current shift', async () => {
			await table.insert([shift(FIRST, ON_CALL, 1, 2)]);
			assert.equal((await run()).status, 'success');
			assert.equal(environment().linq.requests.length, 0);
		});

		it('overlapping shifts: the one that started last wins', async () => {
			await table.insert([
				shift(FIRST, OTHER, -5),
				shift(FIRST, ON_CALL, -1),
				shift(FIRST, OTHER, -3),
			]);
			await run();
			assert.deepEqual(written(), [[FIRST, ON_CALL]]);
			await run();
			assert.equal(written().length, 1);
		});

		it('a line written in two ways: the shift that started last wins, and is sent once', async () => {
			await table.insert([shift(SECOND, ON_CALL, -1), shift('+1 202 555 0002', OTHER, -3)]);
			for (let times = 0; times < 3; times++) {
				assert.equal((await run()).status, 'success');
				assert.deepEqual(written(), [[SECOND, ON_CALL]]);
			}
			assert.deepEqual(messages, []);
		});

		it('a line by its number and by its ID: the shift that started last wins', async () => {
			const id = environment().linq.lines[1]?.id ?? '';
			await table.insert([shift(SECOND, OTHER, -3), shift(id.toUpperCase(), ON_CALL, -1)]);
			for (let times = 0; times < 2; times++) {
				assert.equal((await run()).status, 'success');
				assert.deepEqual(written(), [[SECOND, ON_CALL]]);
			}
		});

		it('the word clear stops forwarding', async () => {
			await table.insert([shift(FIRST, 'clear')]);
			await run();
			assert.deepEqual(written(), [[FIRST, null]]);
		});

		it('invalid rows and failing lines are reported, the execution fails, and the other lines are updated', async () => {
			const { linq } = environment();
			linq.faults.push({ path: linq.lines[1]?.id, fault: { kind: 'apiError', code: 2005 } });
			await table.insert([
				shift(FIRST, null),
				shift(SECOND, ON_CALL),
				shift(THIRD, ON_CALL),
				shift(FIFTH, ''),
				shift(null, ON_CALL),
			]);
			const execution = await run();
			assert.equal(execution.status, 'error');
			assert.match(execution.data?.resultData.error?.message ?? '', /^4 shifts failed/);
			assert.equal(forwarding(FIRST), '+12025559999');
			assert.equal(forwarding(THIRD), ON_CALL);
			assert.equal(messages.length, 1);
			const [text = ''] = messages;
			assert.match(text, /^Not forwarded as the schedule says:\n/);
			assert.match(text, /Line \+12025550001: The forwarding number is empty/);
			assert.match(text, /Line \+12025550002: .*Access denied/);
			assert.match(text, /Line \+12025550005: The forwarding number is empty/);
			assert.match(text, /A shift: The filter Line Names or IDs is empty/);
		});
	});

	describe('after-hours-forwarding.json', () => {
		const AFTER_HOURS = '+12025550100';
		let table: DataTable;
		let nights: InstalledExample;
		const evening = async () => await nights.start('Every evening');
		const morning = async () => await nights.start('Every morning');
		const allForwarding = () =>
			environment().linq.lines.map(({ forwarding_number }) => forwarding_number ?? null);
		const BEFORE = ['+12025559999', null, null, null, null];
		const NIGHT = BEFORE.map(() => AFTER_HOURS);
		const change = (index: number, forwarding_number: string) => {
			Object.assign(environment().linq.lines[index] ?? {}, { forwarding_number });
		};

		before(async () => {
			table = await DataTable.create(environment().api, 'After hours', {
				line: 'string',
				forward_to: 'string',
			});
			nights = await InstalledExample.install(environment(), 'after-hours-forwarding.json', {
				chat: chatAddress,
				table,
				parameters: { 'Forward after hours': { forwardingNumber: AFTER_HOURS } },
			});
			await nights.publish();
		});
		after(async () => {
			await nights.remove();
		});
		beforeEach(async () => {
			await table.clear();
		});

		it('forwards in the evening, restores in the morning, and clears lines that were not forwarded', async () => {
			assert.equal((await evening()).status, 'success');
			assert.deepEqual(allForwarding(), NIGHT);
			assert.deepEqual(await table.rows(), [
				{ line: FIRST, forward_to: '+12025559999' },
				...[SECOND, THIRD, FOURTH, FIFTH].map((line) => ({ line, forward_to: 'clear' })),
			]);
			assert.equal((await morning()).status, 'success');
			assert.deepEqual(allForwarding(), BEFORE);
			assert.deepEqual(await table.rows(), []);
			assert.equal(written().length, 10);
			assert.deepEqual(messages, []);
		});

		it('an evening that runs twice, also with another number, keeps the saved forwarding', async () => {
			await evening();
			const remembered = await table.rows();
			await evening();
			assert.equal(written().length, 5, 'the second evening sends nothing');
			// As after an evening with another after-hours number.
			for (const index of BEFORE.keys()) change(index, OTHER);
			await evening();
			assert.deepEqual(allForwarding(), NIGHT);
			assert.deepEqual(await table.rows(), remembered);
			await morning();
			assert.deepEqual(allForwarding(), BEFORE);
		});

		it('a morning that runs twice, or without an evening, sends nothing', async () => {
			assert.equal((await morning()).status, 'success');
			await evening();
			await morning();
			change(1, ON_CALL);
			await morning();
			assert.equal(written().length, 10);
			assert.equal(forwarding(SECOND), ON_CALL);
		});

		it('a line that fails in the evening: reported, the execution fails, and the morning does not change it', async () => {
			const { linq } = environment();
			linq.faults.push({ path: linq.lines[0]?.id, fault: { kind: 'apiError', code: 2005 } });
			const execution = await evening();
			assert.equal(execution.status, 'error');
			assert.match(
				messages.join(),
				/^Not forwarded after hours:\nLine \+12025550001: .*Access denied/,
			);
			assert.deepEqual(allForwarding(), ['+12025559999', ...NIGHT.slice(1)]);
			linq.faults.length = 0;
			linq.requests.length = 0;
			await morning();
			assert.deepEqual(allForwarding(), BEFORE);
			assert.equal(requestCount('PUT'), 4, 'the failed line is not written in the morning');
			assert.deepEqual(await table.rows(), []);
		});

		it('a line that Linq changed without confirming it is restored like the others', async () => {
			const { linq } = environment();
			linq.faults.push({
				path: linq.lines[0]?.id,
				fault: { kind: 'respondAfterApplying', status: 403 },
			});
			assert.equal((await evening()).status, 'error');
			assert.equal(messages.length, 1);
			assert.deepEqual(allForwarding(), NIGHT);
			linq.faults.length = 0;
			await evening();
			await morning();
			assert.deepEqual(allForwarding(), BEFORE);
		});

		it('a line that fails in the morning: reported, kept over the next evening, and restored the next morning', async () => {
			const { linq } = environment();
			await evening();
			linq.faults.push({ path: linq.lines[0]?.id, fault: { kind: 'apiError', code: 2005 } });
			const execution = await morning();
			assert.equal(execution.status, 'error');
			assert.match(
				messages.join(),
				/^Not restored in the morning:\nLine \+12025550001: .*Access denied/,
			);
			assert.deepEqual(await table.rows(), [{ line: FIRST, forward_to: '+12025559999' }]);
			linq.faults.length = 0;
			await evening();
			assert.deepEqual(allForwarding(), NIGHT);
			assert.equal((await morning()).status, 'success');
			assert.deepEqual(allForwarding(), BEFORE);
		});

		it('a line that has left the account: reported once, with the number its calls went to, and its row is deleted', async () => {
			const { linq } = environment();
			await evening();
			linq.lines.shift();
			const execution = await morning();
			assert.equal(execution.status, 'error');
			assert.equal(messages.length, 1);
			assert.match(
				messages.join(),
				/^Not restored in the morning:\nLine \+12025550001: There is no line .* Its calls went to \+12025559999/,
			);
			assert.deepEqual(allForwarding(), [null, null, null, null]);
			assert.deepEqual(await table.rows(), []);
			assert.equal((await morning()).status, 'success');
			assert.equal((await evening()).status, 'success');
			assert.equal((await morning()).status, 'success');
			assert.equal(messages.length, 1);
		});

		it('a line that has left the account while the chat is down: its row stays until it is reported', async () => {
			const { linq } = environment();
			await evening();
			linq.lines.shift();
			chatIsDown = true;
			assert.equal((await morning()).status, 'error');
			assert.deepEqual(await table.rows(), [{ line: FIRST, forward_to: '+12025559999' }]);
			chatIsDown = false;
			await evening();
			assert.equal((await morning()).status, 'error');
			assert.match(messages.join(), /Line \+12025550001: There is no line/);
			assert.deepEqual(await table.rows(), []);
		});

		it('the credential of another account: reported, and no row is deleted', async () => {
			const { linq } = environment();
			await evening();
			const remembered = await table.rows();
			linq.lines.splice(0, linq.lines.length, ...manyLines(6).slice(5));
			assert.equal((await morning()).status, 'error');
			assert.equal(messages.join().match(/There is no line/g)?.length, 5);
			assert.deepEqual(await table.rows(), remembered);
		});

		it('a line that cannot be listed or saved is not changed', async () => {
			const { linq } = environment();
			linq.faults.push({ method: 'GET', fault: { kind: 'apiError', code: 2005 } });
			assert.equal((await evening()).status, 'error');
			assert.equal(requestCount('PUT'), 0);
			assert.deepEqual(await table.rows(), []);
		});

		it('an empty saved number clears nothing', async () => {
			await evening();
			await table.clear();
			await table.insert([
				{ line: FIRST, forward_to: null },
				{ line: SECOND, forward_to: '' },
				{ line: THIRD, forward_to: 'clear' },
			]);
			const execution = await morning();
			assert.equal(execution.status, 'error');
			assert.match(messages.join(), /Line \+12025550001: The forwarding number is empty/);
			assert.match(messages.join(), /Line \+12025550002: The forwarding number is empty/);
			assert.deepEqual(allForwarding(), [AFTER_HOURS, AFTER_HOURS, null, AFTER_HOURS, AFTER_HOURS]);
		});
	});

	it('reputation-history.json: keeps a row for each line and day', async () => {
		const { linq } = environment();
		const table = await DataTable.create(environment().api, 'Reputations', {
			date: 'string',
			phone_number: 'string',
			reputation_status: 'string',
		});
		await table.insert([
			{ date: '2026-02-18', phone_number: FIRST, reputation_status: 'CRITICAL' },
		]);
		const history = await InstalledExample.install(environment(), 'reputation-history.json', {
			table,
		});
		await history.publish();
		assert.equal((await history.start('Every morning')).status, 'success');
		await linq.changeReputation(SECOND, 'HEALTHY');
		assert.equal((await history.start('Every morning')).status, 'success');
		const rows = await table.rows();
		const [first, ...today] = rows;
		assert.deepEqual(first, {
			date: '2026-02-18',
			phone_number: FIRST,
			reputation_status: 'CRITICAL',
		});
		assert.match(JSON.stringify(today[0]?.date), /^"\d{4}-\d\d-\d\d"$/);
		assert.deepEqual(
			today.map(({ phone_number, reputation_status }) => [phone_number, reputation_status]),
			[
				[FIRST, 'HEALTHY'],
				[SECOND, 'HEALTHY'],
				[THIRD, 'CRITICAL'],
				[FOURTH, 'HEALTHY'],
				[FIFTH, 'AT_RISK'],
			],
		);
		linq.faults.push({ fault: { kind: 'apiError', code: 2005 } });
		assert.equal((await history.start('Every morning')).status, 'error');
		assert.deepEqual(await table.rows(), rows);
		await history.remove();
	});

	describe('at-risk-lines-to-google-sheets.json', () => {
		const SHEET = 'Append to the sheet';
		const FILE = 'at-risk-lines-to-google-sheets.json';

		const chosen = async () => ({
			credentials: {
				googleSheetsOAuth2Api: await environment().api.createCredential(
					'Google Sheets',
					'googleSheetsOAuth2Api',
					{ clientId: 'local', clientSecret: 'local' },
				),
			},
			parameters: {
				[SHEET]: {
					documentId: { __rl: true, mode: 'id', value: 'a-spreadsheet' },
					sheetName: { __rl: true, mode: 'name', value: 'Lines at risk' },
				},
			},
		});

		it('can be published once the spreadsheet is chosen; n8n 2 refuses before that', async () => {
			const { linq, version } = environment();
			// No line at risk: publishing sends nothing to Google.
			linq.lines.splice(1);
			const sheets = await InstalledExample.install(environment(), FILE, await chosen());
			await sheets.publish();
			await sheets.remove();
			if (version.startsWith('1.')) return;
			const { credentials } = await chosen();
			const unset = await InstalledExample.install(environment(), FILE, { credentials });
			await assert.rejects(unset.publish(), {
				message: /Missing or invalid required parameters: documentId, sheetName"/,
			});
		});

		describe('up to its last step', () => {
			/** The rows that would be appended, by execution. */
			const appended: IDataObject[][] = [];
			const sink = Fastify({ bodyLimit: 10_000_000 });
			let address = '';
			const install = async (parameters: INode['parameters'] = {}) => {
				const sheets = await InstalledExample.install(environment(), FILE, {
					parameters: { 'Line at risk': parameters },
					replacing: {
						[SHEET]: {
							type: 'n8n-nodes-base.httpRequest',
							typeVersion: 4.2,
							executeOnce: true,
							parameters: {
								method: 'POST',
								url: address,
								sendBody: true,
								specifyBody: 'json',
								jsonBody: '={{ JSON.stringify($input.all().map(({ json }) => json)) }}',
							},
							credentials: {},
						},
					},
				});
				await sheets.publish();
				return sheets;
			};
			const rows = async (executions: number) => {
				await until(`row ${executions}`, () => appended.length >= executions);
				return appended[executions - 1] ?? [];
			};

			before(async () => {
				sink.post<{ Body: IDataObject[] }>('/', async ({ body }) => {
					appended.push(body);
					return await Promise.resolve({});
				});
				address = await sink.listen({ host: '127.0.0.1', port: 0 });
			});
			after(async () => {
				await sink.close();
			});
			beforeEach(() => {
				appended.length = 0;
			});

			it('unchanged: publishing appends the lines that are at risk today', async () => {
				const sheets = await install();
				const today = await rows(1);
				const detected_at = today[0]?.detected_at;
				assert.match(JSON.stringify(detected_at), /^"\d{4}-\d\d-\d\d \d\d:\d\d"$/);
				assert.deepEqual(
					today,
					[
						[SECOND, 'AT_RISK'],
						[THIRD, 'CRITICAL'],
						[FIFTH, 'AT_RISK'],
					].map(([phone_number, new_reputation]) => ({
						detected_at,
						phone_number,
						previous_reputation: '',
						new_reputation,
					})),
				);
				await sheets.remove();
			});

			// With Remove Duplicates in place of the trigger's state, the second run failed for good with 5,001 lines, and
			// day 33 with 300 a day.
			it('5,001 lines over 40 polls, 300 worsening each time: each is appended once', async () => {
				const { linq } = environment();
				const lines = linesAtRisk(5_001);
				linq.lines.splice(0, linq.lines.length, ...lines);
				const sheets = await install({ pollTimes: EVERY_SECOND });
				const numbers = (sheet: IDataObject[]) => sheet.map(({ phone_number }) => phone_number);
				assert.deepEqual(
					numbers(await rows(1)),
					lines.map(({ phone_number }) => phone_number),
				);
				for (let day = 2; day <= 40; day++) {
					const fallen = new Set(
						Array.from({ length: 300 }, (_, index) => ((day - 2) * 300 + index) % lines.length),
					);
					for (const [index, line] of lines.entries()) {
						const status = fallen.has(index) ? 'CRITICAL' : 'HEALTHY';
						Object.assign(line, {
							reputation: reputation(status),
							health_status: reputation(status),
						});
					}
					assert.deepEqual(
						numbers(await rows(day)),
						lines.filter((_, index) => fallen.has(index)).map(({ phone_number }) => phone_number),
					);
				}
				await sheets.remove();
				assert.equal(appended.length, 40);
			});
		});
	});

	describe('forwarding-changed-with-restore.json', () => {
		let table: DataTable;
		let watch: InstalledExample;
		/** Changes a line as somebody else does. */
		const change = (phoneNumber: string, forwarding_number: string | null) => {
			const line = environment().linq.lines.find((one) => one.phone_number === phoneNumber);
			Object.assign(line ?? {}, { forwarding_number });
		};
		/** Changes a line as somebody else does, and returns the link in the chat's message. */
		const changeAndGetLink = async (phoneNumber: string, forwarding_number: string | null) => {
			const before = messages.length;
			change(phoneNumber, forwarding_number);
			await until('the chat message', () => messages.length > before);
			return linkIn(messages[before]);
		};
		const linkIn = (text = '') => {
			const { n8n } = environment();
			const link = /\S+\?token=[0-9a-f]{64}$/.exec(text)?.[0] ?? '';
			assert(link.startsWith(`${n8n.address}/webhook/restore-forwarding?`), text);
			return link;
		};
		const install = async (
			settings: Partial<Parameters<typeof InstalledExample.install>[2]>,
		): Promise<InstalledExample> =>
			await InstalledExample.install(environment(), 'forwarding-changed-with-restore.json', {
				chat: chatAddress,
				table,
				...settings,
			});
		/** Publishes once n8n has removed the webhook of the workflow before, and waits until it has registered this one. */
		const publish = async (example: InstalledExample) => {
			for (let tries = 0; ; tries++) {
				try {
					await example.publish();
					// n8n does not remove a webhook that it has not registered yet.
					await press(`${environment().n8n.address}/webhook/restore-forwarding`);
					return;
				} catch (error) {
					if (!String(error).includes('conflict') || tries === 50) throw error;
					await delay(100);
				}
			}
		};
		const press = async (link: string) => {
			for (let tries = 0; ; tries++) {
				const response = await fetch(link, { method: 'POST' });
				const text = await response.text();
				// n8n registers a webhook a little after publishing.
				if (!text.includes('is not registered') || tries === 50) {
					return { status: response.status, text };
				}
				await delay(100);
			}
		};

		before(async () => {
			table = await DataTable.create(environment().api, 'Forwarding changes', {
				line_id: 'string',
				line: 'string',
				before: 'string',
				after: 'string',
				token: 'string',
				valid_until: 'date',
			});
			// Unchanged first: n8n accepts it.
			const unchanged = await install({});
			await publish(unchanged);
			await unchanged.remove();
		});
		beforeEach(async () => {
			await table.clear();
			// A workflow of its own for each test: none sees the lines as another test left them.
			watch = await install({ parameters: { 'Forwarding changed': { pollTimes: EVERY_SECOND } } });
			await publish(watch);
			// n8n polls a little after publishing; the second poll begins when the first has ended.
			await until('the first poll', () => requestCount('GET') >= 2);
			// By now, the changes of the test before are reported.
			messages.length = 0;
		});
		afterEach(async () => {
			await watch.remove();
		});

		it('the message says what was before and after; opening the link changes nothing, its button restores', async () => {
			const { linq } = environment();
			const link = await changeAndGetLink(FIRST, OTHER);
			assert.match(
				messages[0] ?? '',
				/^Calls to line \+12025550001 are now forwarded to \+12025558888\. Before, they were forwarded to \+12025559999\.\n/,
			);
			linq.requests.length = 0;
			for (const method of ['HEAD', 'GET', 'GET']) {
				const page = await fetch(link, { method });
				if (method === 'HEAD') continue;
				assert.equal(page.status, 200);
				assert.equal(page.headers.get('cache-control'), 'no-store');
				assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
				assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
				assert.match(page.headers.get('content-security-policy') ?? '', /allow-forms/);
				const html = await page.text();
				assert.match(html, /Calls to line \+12025550001 are now forwarded to \+12025558888/);
				assert.match(html, /<form method="post"><button/);
			}
			assert.equal(requestCount('PUT'), 0);
			const response = await press(link);
			assert.deepEqual(response, {
				status: 200,
				text: 'Restored. Calls to line +12025550001 are forwarded to +12025559999 again.',
			});
			assert.deepEqual(written(), [[FIRST, '+12025559999']]);
		});

		it('a link works once, and the restore is reported with a link that undoes it', async () => {
			const link = await changeAndGetLink(SECOND, OTHER);
			assert.match(
				messages[0] ?? '',
				/are now forwarded to \+12025558888\. Before, .*not forwarded\./,
			);
			assert.equal((await press(link)).status, 200);
			assert.equal(forwarding(SECOND), null);
			await until('the message about the restore', () => messages.length === 2);
			assert.match(
				messages[1] ?? '',
				/are now not forwarded\. Before, .*forwarded to \+12025558888\./,
			);
			assert.equal((await press(link)).status, 404);
			assert.equal((await fetch(link)).status, 404);
			assert.deepEqual(written(), [[SECOND, null]]);
			assert.equal((await press(linkIn(messages[1]))).status, 200);
			assert.deepEqual(written(), [
				[SECOND, null],
				[SECOND, OTHER],
			]);
		});

		it('after a later change that was reported, only the newest link is valid', async () => {
			const first = await changeAndGetLink(FIRST, OTHER);
			const second = await changeAndGetLink(FIRST, ON_CALL);
			assert.equal((await press(first)).status, 404);
			assert.deepEqual(written(), []);
			assert.equal((await press(second)).status, 200);
			assert.deepEqual(written(), [[FIRST, OTHER]]);
		});

		it('a link restores nothing after a later change that no poll has found yet', async () => {
			await watch.remove();
			watch = await install({
				parameters: { 'Forwarding changed': { pollTimes: { item: [{ mode: 'everyHour' }] } } },
			});
			const polls = requestCount('GET');
			await publish(watch);
			await until('the first poll', () => requestCount('GET') > polls);
			await watch.remove();
			change(FIRST, OTHER);
			// n8n polls at publishing.
			await publish(watch);
			await until('the chat message', () => messages.length > 0);
			const link = linkIn(messages[0]);
			change(FIRST, ON_CALL);
			assert.deepEqual(await press(link), {
				status: 409,
				text: 'Not restored: line +12025550001 has been changed again. Its calls are now forwarded to +12025557777.',
			});
			change(FIRST, null);
			assert.match((await press(link)).text, /Its calls are now not forwarded\.$/);
			assert.deepEqual(written(), []);
		});

		it('a guessed link and an expired one are not valid', async () => {
			const link = await changeAndGetLink(FIRST, OTHER);
			const { n8n } = environment();
			for (const query of ['', '?token=', '?token=undefined', `?token=${'0'.repeat(64)}`]) {
				const guessed = `${n8n.address}/webhook/restore-forwarding${query}`;
				assert.equal((await fetch(guessed)).status, 404);
				assert.equal((await press(guessed)).status, 404);
			}
			const [row] = await table.rows();
			await table.clear();
			await table.insert([{ ...row, valid_until: new Date(Date.now() - 1_000).toISOString() }]);
			assert.equal((await press(link)).status, 404);
			assert.deepEqual(written(), []);
		});

		it('if Linq rejects the restore, the page says so, and the button can be pressed again', async () => {
			const { linq } = environment();
			const link = await changeAndGetLink(FIRST, OTHER);
			linq.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } });
			const response = await press(link);
			assert.equal(response.status, 502);
			assert.match(response.text, /^Not restored: .*Access denied/);
			assert.equal((await press(link)).status, 200);
			assert.deepEqual(written(), [[FIRST, '+12025559999']]);
		});

		it('lines that change at the same time have a message and a link each', async () => {
			change(FIRST, null);
			change(FOURTH, OTHER);
			await until('both messages', () => messages.length >= 2);
			assert.equal((await table.rows()).length, 2);
			const links = messages.map((text) => linkIn(text));
			assert.notEqual(links[0], links[1]);
			const fourth = links[messages.findIndex((text) => text.includes(FOURTH))] ?? '';
			assert.equal((await press(fourth)).status, 200);
			assert.deepEqual(written(), [[FOURTH, null]]);
		});
	});

	describe('healthy-line-to-send-from.json', () => {
		let webhook: InstalledExample;
		const request = async (key = 'secret') =>
			await webhook.call('healthy-line', {
				headers: { 'X-Line-Key': key },
				// As long as an app waits.
				signal: AbortSignal.timeout(30_000),
			});

		before(async () => {
			webhook = await publishWithSecret('healthy-line-to-send-from.json', 'X-Line-Key');
		});
		after(async () => {
			await webhook.remove();
		});

		it('returns a healthy line, and over time each of them', async () => {
			const returned = new Set<string>();
			for (let times = 0; times < 40 && returned.size < 2; times++) {
				const response = await request();
				assert.equal(response.status, 200);
				const line = (await response.json()) as { phone_number: string; id: string };
				assert.equal(numberOf(line.id), line.phone_number);
				returned.add(line.phone_number);
			}
			assert.deepEqual([...returned].sort(), [FIRST, FOURTH]);
		});

		it('responds with 503 if no line is healthy', async () => {
			const { linq } = environment();
			await linq.changeReputation(FIRST, 'AT_RISK');
			await linq.changeReputation(FOURTH, 'CRITICAL');
			const response = await request();
			assert.equal(response.status, 503);
			assert.deepEqual(await response.json(), { error: 'No line is healthy. Do not send now.' });
			linq.lines.length = 0;
			assert.equal((await request()).status, 503);
		});

		it('responds with 502 and the cause if Linq does not list the lines', async () => {
			environment().linq.faults.push({ fault: { kind: 'apiError', code: 2005 } });
			const response = await request();
			assert.equal(response.status, 502);
			assert.match(await response.text(), /"error":".*Access denied/);
		});

		it('Linq is silent: 502 in time', async () => {
			environment().linq.faults.push({ fault: { kind: 'hang' } });
			const response = await request();
			assert.equal(response.status, 502);
			assert.match(await response.text(), /no response came in time/);
		});

		it('rejects a request without the key', async () => {
			const response = await request('wrong');
			assert.equal(response.status, 403);
			assert.equal(environment().linq.requests.length, 0);
		});
	});

	it('alert-when-a-line-worsens.json: posts each change, and All clear after a recovery', async () => {
		const { linq } = environment();
		const alert = await InstalledExample.install(environment(), 'alert-when-a-line-worsens.json', {
			chat: chatAddress,
		});
		await alert.publish();
		for (let tries = 0; linq.subscriptions.all.length === 0 && tries < 100; tries++) {
			await delay(100);
		}
		await delay(500);
		for (const reputation of ['CRITICAL', 'AT_RISK', 'HEALTHY', 'SUSPENDED', 'HEALTHY']) {
			const [delivery] = await linq.changeReputation(FIRST, reputation);
			assert.equal(delivery?.status, 200);
			for (
				let tries = 0, before = messages.length;
				messages.length === before && tries < 100;
				tries++
			) {
				await delay(50);
			}
		}
		const changedAt = / \(\d{4}-\d\d-\d\d \d\d:\d\d\)$/;
		for (const text of messages) assert.match(text, changedAt);
		assert.deepEqual(
			messages.map((text) => text.replace(changedAt, '')),
			[
				'Line +12025550001 worsened from HEALTHY to CRITICAL',
				'Line +12025550001 improved from CRITICAL to AT_RISK',
				'All clear: line +12025550001 is HEALTHY again, it was AT_RISK',
				'Line +12025550001 changed from HEALTHY to SUSPENDED',
				'All clear: line +12025550001 is HEALTHY again, it was SUSPENDED',
			],
		);
		await alert.remove();
	});

	describe('agent-with-approval.json', () => {
		const FILE = 'agent-with-approval.json';
		/** The webhook ID of the example's chat. */
		const CHAT = '1a2b3c4d-6f7a-4b8c-8d9e-000000000a01';
		let openAi: OpenAi;
		let credential: string;
		let agent: InstalledExample;
		let person: HostedChat;
		/** Defines a test that n8n 1 skips, which has no human review for tools. */
		const inN8n2 = (name: string, test: () => Promise<void>) => {
			it(name, async (context) => {
				if (environment().version.startsWith('1.')) context.skip('n8n 1 cannot run it');
				else await test();
			});
		};
		const change = (line: string, forwarding: string) => ({
			toolParameters: { Line: line, Forwarding_Number_or_Clear: forwarding },
			hitlParameters: {},
		});
		/** Makes the model call the tool that forwards a line. */
		const wantToForward = (line: string, forwarding: string) => {
			openAi.tool = 'Update_Linq_forwarding';
			openAi.callWith = change(line, forwarding);
		};
		/** Presses a button, and checks that it does nothing any more. */
		const pressWithoutEffect = async (question: ChatMessage) => {
			const before = environment().linq.requests.length;
			await person.press(question, 'Approve');
			await delay(1_000);
			assert.equal(environment().linq.requests.length, before);
		};

		before(async () => {
			const { api } = environment();
			openAi = await startOpenAi();
			credential = await api.createCredential('A scripted model', 'openAiApi', {
				apiKey: 'local',
				url: openAi.baseUrl,
			});
			agent = await InstalledExample.install(environment(), FILE, {
				credentials: { openAiApi: credential },
			});
			if (!environment().version.startsWith('1.')) await agent.publish();
		});
		after(async () => {
			await agent.remove();
			await openAi.stop();
		});
		beforeEach(() => {
			for (const list of [openAi.toolResults, openAi.together, openAi.afterwards]) list.length = 0;
			person = new HostedChat(environment().api, CHAT);
		});
		afterEach(() => {
			person.close();
		});

		it('n8n 1 does not publish it', async () => {
			if (environment().version.startsWith('1.')) await assert.rejects(agent.publish());
		});

		inN8n2('lists without an approval', async () => {
			openAi.tool = 'List_Linq_lines';
			openAi.callWith = {};
			const message = await person.say('Which lines are at risk?');
			assert.deepEqual(message, { text: 'It is done.', buttons: [] });
			assert.match(openAi.toolResults.join(), /\+12025550002.*AT_RISK/);
			assert.equal(requestCount('PUT'), 0);
		});

		inN8n2('forwards once a person has approved exactly that', async () => {
			wantToForward(THIRD, ON_CALL);
			const question = await person.say('Forward the calls of the third line to +12025557777');
			assert.equal(question.text, `Forward the calls of line ${THIRD} to ${ON_CALL}?`);
			assert.equal(environment().linq.requests.length, 0, 'nothing is sent before the approval');
			await person.press(question, 'Approve');
			assert.equal((await person.next()).text, 'It is done.');
			assert.deepEqual(written(), [[THIRD, ON_CALL]]);
			assert.match(openAi.toolResults.join(), /"forwarding_number": ?"\+12025557777"/);
			await pressWithoutEffect(question);
		});

		inN8n2('a person refuses: nothing is sent, and the model gets the refusal', async () => {
			wantToForward(THIRD, 'clear');
			const question = await person.say('Clear the third line');
			assert.equal(question.text, `Forward the calls of line ${THIRD} to clear?`);
			await person.press(question, 'Refuse');
			await person.next();
			assert.equal(environment().linq.requests.length, 0);
			assert.match(openAi.toolResults.join(), /User rejected the tool call/);
		});

		inN8n2(
			'a person answers with text instead: nothing is sent, and the model gets the text',
			async () => {
				wantToForward(THIRD, ON_CALL);
				await person.say('Forward the third line');
				person.reply('No, I meant the fourth line');
				await person.next();
				assert.equal(environment().linq.requests.length, 0);
				assert.match(openAi.toolResults.join(), /provided feedback: .*I meant the fourth line/);
			},
		);

		// n8n's buttons are not bound to a request: they would approve whichever waits.
		inN8n2('one approval is for one change: a second change of the model is rejected', async () => {
			wantToForward(THIRD, ON_CALL);
			openAi.afterwards.push(change(FOURTH, OTHER));
			const question = await person.say('Forward the third line');
			await person.press(question, 'Approve');
			assert.equal((await person.next()).text, 'It is done.');
			assert.match(openAi.toolResults.at(-1) ?? '', /User rejected the tool call/);
			await pressWithoutEffect(question);
			assert.deepEqual(written(), [[THIRD, ON_CALL]]);
		});

		// n8n's chat shows neither of two simultaneous questions.
		inN8n2('two changes in one response of the model: nothing is sent', async () => {
			wantToForward(THIRD, ON_CALL);
			openAi.together.push(change(FOURTH, OTHER));
			await assert.rejects(person.say('Forward two lines', 7));
			assert.equal(environment().linq.requests.length, 0);
			assert.deepEqual(openAi.toolResults, []);
		});

		// n8n checks once a minute which waits are over.
		inN8n2('no approval in time: nothing is sent, not even by a late approval', async () => {
			const chat = 'e2e-nobody';
			const limitWaitTime = {
				values: { limitType: 'afterTimeInterval', resumeAmount: 0.02, resumeUnit: 'minutes' },
			};
			const hasty = await InstalledExample.install(environment(), FILE, {
				credentials: { openAiApi: credential },
				parameters: { 'Ask for approval': { options: { limitWaitTime } } },
				replacing: { Chat: { webhookId: chat } },
			});
			await hasty.publish();
			person = new HostedChat(environment().api, chat);
			wantToForward(THIRD, ON_CALL);
			openAi.afterwards.push(openAi.callWith);
			const question = await person.say('Forward the third line');
			await person.next(90);
			assert.equal(environment().linq.requests.length, 0);
			assert.match(openAi.toolResults.at(-1) ?? '', /User rejected the tool call/);
			await pressWithoutEffect(question);
			await hasty.remove();
		});

		inN8n2('Linq rejects an approved change: the model gets the error', async () => {
			const { linq } = environment();
			linq.faults.push({ method: 'PUT', fault: { kind: 'apiError', code: 2005 } });
			wantToForward(THIRD, ON_CALL);
			const question = await person.say('Forward the third line');
			await person.press(question, 'Approve');
			await person.next();
			assert.match(openAi.toolResults.join(), /Access denied/);
			assert.deepEqual(written(), []);
		});

		inN8n2('a caller who is not logged in is rejected', async () => {
			const response = await agent.call(`${CHAT}/chat`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ action: 'sendMessage', sessionId: 'any', chatInput: 'Clear all' }),
			});
			assert.equal(response.status, 401);
		});
	});
}
