import Table from 'cli-table3';
import Fastify from 'fastify';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSheet } from 'read-excel-file/node';
import type { PhoneNumber } from '../nodes/shared/linq/phoneNumber.js';
import type { FakeLinqApi } from '../test/fakeLinqApi/server.js';
import { exampleCredentials, openLinqApi } from './linqApi.js';
import type { N8nHost } from './n8nHost.js';
import { prepareN8n } from './n8nHost.js';

async function demo(): Promise<void> {
	// Only the spreadsheet in it is kept afterwards.
	const folder = await mkdtemp(join(tmpdir(), 'linq-demo-'));
	const linq = await openLinqApi();
	console.log(
		linq.local ? 'Using a local Linq API' : 'Using the real Linq API: no line will be changed',
	);
	let n8n: N8nHost | undefined;
	try {
		n8n = await prepareN8n(folder);
		const onCallKey = randomUUID();
		await n8n.importCredentials(exampleCredentials(linq, onCallKey));
		await showSpreadsheet(n8n);
		if (linq.local) await showWebhooks(n8n, linq.local, onCallKey);
	} finally {
		await n8n?.stop();
		await linq.local?.close();
		for (const entry of await readdir(folder)) {
			const path = join(folder, entry);
			if (path !== n8n?.filesFolder) await rm(path, { recursive: true });
		}
	}
	console.log('The demo has finished.');
}

/** Shows at-risk lines in a spreadsheet, one file a day. */
async function showSpreadsheet(n8n: N8nHost): Promise<void> {
	console.log('\nAt-risk lines to a spreadsheet');
	const id = await n8n.importExample('at-risk-lines-to-spreadsheet.json');
	await n8n.command('execute', `--id=${id}`);
	const files = await readdir(n8n.filesFolder);
	const [file] = files;
	if (file === undefined) {
		console.log('No line is at risk, so there is no spreadsheet.');
		return;
	}
	const path = join(n8n.filesFolder, file);
	const columns = [1, 2, 3];
	const [head = [], ...body] = (await readSheet(path)).map((row) =>
		columns.map((column) => String(row[column] ?? '')),
	);
	const table = new Table({ head, style: { head: [], border: [] } });
	table.push(...body);
	console.log(`${path}\n${table.toString()}`);
	if (body.length === 0) throw new Error('The spreadsheet has no rows');

	await n8n.command('execute', `--id=${id}`);
	if ((await readdir(n8n.filesFolder)).length !== files.length) {
		throw new Error('The second run made another file');
	}
	console.log('A second run on the same day brought the same file up to date.');
}

/** Shows what starts by itself in a running n8n: a forwarding change, an alert, and a poll. */
async function showWebhooks(n8n: N8nHost, local: FakeLinqApi, onCallKey: string): Promise<void> {
	const chat = Fastify();
	const messages: string[] = [];
	chat.post<{ Body: { text: string } }>('/', async ({ body }) => {
		messages.push(body.text);
		return await Promise.resolve({});
	});
	const changes: string[] = [];
	chat.post<{ Body: { text: string } }>('/changes', async ({ body }) => {
		changes.push(body.text);
		return await Promise.resolve({});
	});
	const chatAddress = await chat.listen({ host: '127.0.0.1', port: 0 });
	try {
		for (const file of ['forwarding-from-webhook.json', 'alert-when-a-line-worsens.json']) {
			const id = await n8n.importExample(file, chatAddress);
			await n8n.publish(id);
		}
		await n8n.importWorkflow('polling', pollingWorkflow(`${chatAddress}/changes`));
		await n8n.publish('polling');
		const address = await n8n.start();
		await showForwarding(address, local, onCallKey);
		await showAlert(local, messages);
		await showPolling(local, changes);
	} finally {
		await chat.close();
	}
}

/** Shows the chat messages when a line worsens and recovers. */
async function showAlert(local: FakeLinqApi, messages: string[]): Promise<void> {
	console.log('\nAlert when a line worsens, and all clear when it recovers');
	const line = local.lines[0];
	if (!line) throw new Error('The local Linq API has no line to change');
	await until('the trigger to subscribe', () => local.subscriptions.all.length > 0);
	for (const reputation of ['AT_RISK', 'CRITICAL', 'HEALTHY']) {
		const [delivery] = await local.changeReputation(line.phone_number, reputation);
		if (delivery?.status !== 200)
			throw new Error(`n8n responded with ${delivery?.status ?? 'nothing'}`);
	}
	await until('the messages', () => messages.length >= 3);
	const table = new Table({ head: ['message in the chat'], style: { head: [], border: [] } });
	for (const message of messages) table.push([message]);
	console.log(table.toString());
	if (messages.filter((message) => message.startsWith('All clear')).length !== 1) {
		throw new Error('All clear should be sent once, when the line is healthy again');
	}
}

/** Returns Polling Trigger → a message to a chat. n8n accepts one poll a minute per Poll Time, but several Poll Times. */
function pollingWorkflow(chat: string): object {
	const cronExpressions = Array.from({ length: 12 }, (_, index) => `${index * 5} * * * * *`);
	const text =
		'={{ $json.phone_number }}: calls went to {{ $json.previous_forwarding_number ?? "no number" }}, now to {{ $json.new_forwarding_number ?? "no number" }}';
	return {
		name: 'Somebody changed where calls go',
		nodes: [
			{
				id: 'poll',
				name: 'When a line has changed',
				type: 'n8n-nodes-linq-phone-numbers.linqPhoneNumbersPollingTrigger',
				typeVersion: 1,
				position: [0, 0],
				parameters: {
					pollTimes: {
						item: cronExpressions.map((cronExpression) => ({ mode: 'custom', cronExpression })),
					},
					events: ['forwarding'],
				},
				credentials: { linqApi: { id: 'linqApi', name: 'Linq API' } },
			},
			{
				id: 'post',
				name: 'Post to chat',
				type: 'n8n-nodes-base.httpRequest',
				typeVersion: 4.2,
				position: [200, 0],
				parameters: {
					method: 'POST',
					url: chat,
					sendBody: true,
					bodyParameters: { parameters: [{ name: 'text', value: text }] },
				},
			},
		],
		connections: {
			'When a line has changed': { main: [[{ node: 'Post to chat', type: 'main', index: 0 }]] },
		},
		settings: { executionOrder: 'v1' },
	};
}

/** Shows that polling finds a forwarding change by somebody else, for which Linq sends no event. */
async function showPolling(local: FakeLinqApi, changes: string[]): Promise<void> {
	console.log('\nPolling: somebody else changed where calls go');
	const line = local.lines.at(-1);
	if (!line) throw new Error('The local Linq API has no line to change');
	line.forwarding_number = '+12025556666';
	const message = () => changes.find((text) => text.startsWith(line.phone_number));
	await until('a poll to find the change', () => message() !== undefined);
	const table = new Table({ head: ['message in the chat'], style: { head: [], border: [] } });
	table.push([message()]);
	console.log(table.toString());
	if (!message()?.endsWith('calls went to no number, now to +12025556666')) {
		throw new Error('The message should name both forwarding numbers');
	}
}

/** Waits for what n8n does by itself, a minute at most. */
async function until(what: string, isDone: () => boolean): Promise<void> {
	for (let tries = 0; !isDone(); tries++) {
		if (tries === 120) throw new Error(`Waited a minute for ${what}`);
		await delay(500);
	}
}

/** Shows how an app changes a line's forwarding number through a webhook. */
async function showForwarding(
	address: string,
	local: FakeLinqApi,
	onCallKey: string,
): Promise<void> {
	console.log('\nForwarding from an app');
	const line = local.lines[1];
	if (!line) throw new Error('The local Linq API has no line to change');
	const post = async (forward_to: string, key: string) =>
		await fetch(`${address}/webhook/on-call`, {
			method: 'POST',
			headers: { 'content-type': 'application/json', 'x-on-call-key': key },
			body: JSON.stringify({ line: line.phone_number, forward_to }),
		});

	const forwarding = () => shownForwarding(line);
	const before = forwarding();
	// n8n registers its webhooks a little after it reports that it is ready.
	let unauthorized = await post('+12025550000', 'wrong');
	for (let tries = 0; unauthorized.status === 404 && tries < 60; tries++) {
		await delay(500);
		unauthorized = await post('+12025550000', 'wrong');
	}
	const response = await post('+1 (202) 555-8888', onCallKey);
	const table = new Table({ head: ['line', 'before', 'after'], style: { head: [], border: [] } });
	table.push([line.phone_number, before, forwarding()]);
	console.log(table.toString());
	if (!response.ok || forwarding() !== '+12025558888') {
		throw new Error(
			`The forwarding number was not set: ${response.status} ${await response.text()}`,
		);
	}

	const invalid = await post('2025558888', onCallKey);
	console.log(
		`A number without country code is rejected: ${invalid.status} ${await invalid.text()}`,
	);
	local.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } });
	const failed = await post('+12025559999', onCallKey);
	console.log(`A change that Linq rejects is reported: ${failed.status} ${await failed.text()}`);
	console.log(`A caller without the key is rejected: ${unauthorized.status}`);
	const statuses = [invalid, failed, unauthorized].map(({ status }) => status).join();
	if (statuses !== '422,502,403' || forwarding() !== '+12025558888') {
		throw new Error(`Expected the statuses 422, 502 and 403, got ${statuses}`);
	}
}

function shownForwarding(line: PhoneNumber): string {
	return line.forwarding_number ?? 'not forwarded';
}

demo().catch((error: unknown) => {
	console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
	process.exitCode = 1;
});
