import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { IDataObject, INode, INodeExecutionData } from 'n8n-workflow';
import { Server } from 'proxy-chain';
import { manyLines } from '../fakeLinqApi/fixtures.js';
import { startFakeLinqApi } from '../fakeLinqApi/server.js';
import { tlsServer } from '../support/brokenServers.js';
import { selfSigned } from '../support/certificates.js';
import type { Execution, WorkflowToCreate } from './n8nApi.js';
import type { Environment } from './environment.js';
import { calledWithItems, LINQ, linqNode, noOp, workflowOf } from './workflows.js';

const FORWARD = '+12025557777';
const LIST = { operation: 'list' };
const UPDATE = {
	operation: 'updateForwarding',
	line: { __rl: true, mode: 'id', value: '={{ $json.line }}' },
	forwardingNumber: FORWARD,
};

/** Tests all execution modes of the node except for agents. */
export function nodeRuns(environment: () => Environment): void {
	let runs = 0;

	/** Publishes a workflow that begins with a webhook at a path, calls it, and returns its executions. */
	const call = async (
		path: string,
		workflow: WorkflowToCreate,
		calls: IDataObject[][],
	): Promise<Execution[]> => {
		const { api, n8n } = environment();
		const id = await api.createWorkflow(workflow);
		await api.publish(id);
		await Promise.all(
			calls.map(async (items) => {
				for (let tries = 0; ; tries++) {
					const response = await fetch(`${n8n.address}/webhook/${path}`, {
						method: 'POST',
						headers: { 'content-type': 'application/json' },
						body: JSON.stringify({ items }),
					});
					// n8n registers its webhooks a little after publishing.
					if (response.status === 200) return;
					assert(response.status === 404 && tries < 50, `the webhook returned ${response.status}`);
					await new Promise((resolve) => setTimeout(resolve, 100));
				}
			}),
		);
		const executions = await api.ended(id, calls.length);
		await api.unpublish(id);
		return executions;
	};
	/** Runs Webhook → Items → the node under test. */
	const run = async (
		items: IDataObject[],
		parameters: INode['parameters'],
		settings: Partial<INode> = {},
	): Promise<Execution> => {
		const path = `run-${++runs}`;
		const chain = [
			...calledWithItems(path),
			linqNode(environment().credential, parameters, settings),
			noOp('Success'),
		];
		const workflow = workflowOf(path, chain, {
			nodes: [noOp('Failure')],
			connections: {
				[LINQ]: {
					main: [
						[{ node: 'Success', type: 'main', index: 0 }],
						[{ node: 'Failure', type: 'main', index: 0 }],
					],
				},
			},
		});
		const [execution] = await call(path, workflow, [items]);
		assert(execution);
		return execution;
	};
	/** Returns the items of a node's last run, by output. */
	const outputs = (execution: Execution, node = LINQ): INodeExecutionData[][] =>
		(execution.data?.resultData.runData[node]?.at(-1)?.data?.main ?? []).map((one) => one ?? []);
	const json = (items: INodeExecutionData[] = []) => items.map((item) => item.json);
	const errorOf = (execution: Execution) => execution.data?.resultData.error;
	const lineItems = (count = environment().linq.lines.length) =>
		environment()
			.linq.lines.slice(0, count)
			.map(({ id }) => ({ line: id }));
	const sent = () => environment().linq.requests.map(({ method }) => method);
	const forwarded = () =>
		environment().linq.lines.filter(({ forwarding_number }) => forwarding_number === FORWARD)
			.length;

	beforeEach(() => {
		environment().reset();
		for (const line of environment().linq.lines) line.forwarding_number = null;
	});

	for (const count of [0, 1, 5]) {
		it(`List with ${count} input items: all lines for each, with one request`, async () => {
			const items = Array.from({ length: count }, () => ({ row: 1 }));
			const execution = await run(items, LIST);
			assert.equal(execution.status, 'success');
			assert.equal(outputs(execution)[0]?.length ?? 0, 5 * count);
			assert.deepEqual(sent(), count === 0 ? [] : ['GET']);
		});
		it(`Update Forwarding with ${count} input items: one request for each`, async () => {
			const execution = await run(lineItems(count), UPDATE);
			assert.equal(execution.status, 'success');
			assert.equal(forwarded(), count);
			assert.deepEqual(
				outputs(execution)[0]?.map(({ pairedItem }) => pairedItem) ?? [],
				Array.from({ length: count }, (_, item) => ({ item })),
			);
			assert.deepEqual(sent(), Array(count).fill('PUT'));
		});
	}

	describe('Execute Once', () => {
		it('lists once', async () => {
			const execution = await run(lineItems(3), LIST, { executeOnce: true });
			assert.equal(outputs(execution)[0]?.length, 5);
		});
		it('updates the first line only', async () => {
			const execution = await run(lineItems(3), UPDATE, { executeOnce: true });
			assert.equal(execution.status, 'success');
			assert.equal(forwarded(), 1);
			assert.equal(environment().linq.lines[0]?.forwarding_number, FORWARD);
		});
	});

	it('Always Output Data: one empty item if there is no line', async () => {
		environment().linq.lines.length = 0;
		const execution = await run([{}], LIST, { alwaysOutputData: true });
		assert.deepEqual(json(outputs(execution)[0]), [{}]);
	});

	describe('On Error', () => {
		const broken = () => {
			const [, second] = environment().linq.lines;
			environment().linq.faults.push({
				path: second?.id,
				fault: { kind: 'apiError', code: 2005 },
			});
			return second?.id;
		};

		it('Stop: fails, names the item and reports the progress', async () => {
			const id = broken();
			const execution = await run(lineItems(3), UPDATE);
			assert.equal(execution.status, 'error');
			const error = errorOf(execution);
			assert.match(error?.message ?? '', new RegExp(`line ${id}: Access denied`));
			assert.match(
				error?.description ?? '',
				/Stopped at \[item 1\]; .* Updated: 2, \[items 0, 2\]\./,
			);
			assert.deepEqual(json(outputs(execution, 'Success')[0]), []);
		});

		for (const onError of ['continueRegularOutput', 'continueErrorOutput'] as const) {
			it(`${onError}: the other lines are updated, and failed items have an error`, async () => {
				const id = broken();
				const execution = await run(
					[...lineItems(3).map((item) => ({ ...item, row: 'of the input' })), { line: 'none' }],
					UPDATE,
					{ onError },
				);
				assert.equal(execution.status, 'success');
				const [success = [], failure = []] = outputs(execution);
				const failed = onError === 'continueErrorOutput' ? failure : success;
				assert.equal(success.length, onError === 'continueErrorOutput' ? 2 : 4);
				const errors = failed.filter((item) => item.json.error !== undefined);
				assert.deepEqual(
					errors.map(({ pairedItem }) => pairedItem),
					[{ item: 1 }, { item: 3 }],
				);
				const [rejected, invalid] = json(errors).map(
					(one) => one.error as Partial<Record<string, unknown>>,
				);
				assert(rejected && invalid);
				assert.equal(rejected.line, id);
				assert.equal(rejected.source, 'credential');
				assert.equal(rejected.code, 2005);
				assert.match(String(rejected.trace_id), /^[0-9a-f]{32}$/);
				assert.match(String(rejected.message), /Access denied/);
				assert.match(String(invalid.message), /is not a UUID/);
				assert.equal(invalid.source, 'input');
				if (onError === 'continueErrorOutput') {
					assert.equal(errors[0]?.json.row, 'of the input');
					assert.equal(outputs(execution, 'Failure')[0]?.length, 2);
					assert.equal(outputs(execution, 'Success')[0]?.length, 2);
				}
				assert.equal(forwarded(), 2);
			});
		}
	});

	it('Retry On Fail: the next attempt sends everything again', async () => {
		environment().linq.faults.push({ times: 1, fault: { kind: 'apiError', code: 2005 } });
		const execution = await run(lineItems(3), UPDATE, {
			retryOnFail: true,
			maxTries: 2,
			waitBetweenTries: 100,
		});
		assert.equal(execution.status, 'success');
		assert.equal(outputs(execution)[0]?.length, 3);
		assert.equal(forwarded(), 3);
	});

	it('Loop Over Items: each round updates its lines', async () => {
		const path = 'loop';
		const loop = 'Loop Over Items';
		const chain = [
			...calledWithItems(path),
			{
				name: loop,
				type: 'n8n-nodes-base.splitInBatches',
				typeVersion: 3,
				parameters: { batchSize: 2, options: {} },
			},
		];
		const workflow = workflowOf(path, chain, {
			nodes: [linqNode(environment().credential, UPDATE), noOp('Done')],
			connections: {
				[loop]: {
					main: [
						[{ node: 'Done', type: 'main', index: 0 }],
						[{ node: LINQ, type: 'main', index: 0 }],
					],
				},
				[LINQ]: { main: [[{ node: loop, type: 'main', index: 0 }]] },
			},
		});
		const [execution] = await call(path, workflow, [lineItems(5)]);
		assert.equal(execution?.status, 'success');
		assert.equal(outputs(execution, 'Done')[0]?.length, 5);
		assert.equal(forwarded(), 5);
		assert.equal(sent().length, 5);
	});

	it('the node runs twice in one execution, each with its own parameters', async () => {
		const path = 'twice';
		const again = {
			...linqNode(environment().credential, { ...UPDATE, forwarding: 'clear' }),
			name: 'Linq again',
		};
		Object.assign(again.parameters ?? {}, {
			line: { __rl: true, mode: 'number', value: '={{ $json.phone_number }}' },
		});
		const workflow = workflowOf(path, [
			...calledWithItems(path),
			linqNode(environment().credential, UPDATE),
			again,
		]);
		const [execution] = await call(path, workflow, [lineItems(3)]);
		assert.equal(execution?.status, 'success');
		assert.equal(outputs(execution, 'Linq again')[0]?.length, 3);
		assert.equal(forwarded(), 0);
		assert.deepEqual(sent().sort(), ['GET', ...Array<string>(6).fill('PUT')]);
	});

	for (const mode of ['each', 'once'] as const) {
		it(`in a sub-workflow that runs ${mode === 'each' ? 'for each item' : 'once for all items'}, each line is updated once`, async () => {
			const { api, credential } = environment();
			const sub = await api.createWorkflow(
				workflowOf(`sub ${mode}`, [
					{
						name: 'Called',
						type: 'n8n-nodes-base.executeWorkflowTrigger',
						typeVersion: 1.1,
						parameters: { inputSource: 'passthrough' },
					},
					linqNode(credential, UPDATE),
				]),
			);
			// n8n 1 runs the last saved version of a sub-workflow, and cannot publish it.
			if (!environment().version.startsWith('1.')) await api.publish(sub);
			const path = `sub-${mode}`;
			const workflow = workflowOf(path, [
				...calledWithItems(path),
				{
					name: 'Sub-workflow',
					type: 'n8n-nodes-base.executeWorkflow',
					typeVersion: 1.2,
					parameters: {
						workflowId: { __rl: true, mode: 'id', value: sub },
						mode,
						workflowInputs: { mappingMode: 'defineBelow', value: {}, schema: [] },
						options: {},
					},
				},
			]);
			const [execution] = await call(path, workflow, [lineItems(5)]);
			assert.equal(execution?.status, 'success');
			assert.equal(outputs(execution, 'Sub-workflow')[0]?.length, 5);
			assert.equal(forwarded(), 5);
			assert.equal(sent().length, 5);
		});
	}

	it('a credential with expressions: each item uses its own account', async () => {
		const { api, linq } = environment();
		const other = await startFakeLinqApi({ apiKey: 'another-key' });
		try {
			const id = await api.createCredential('By item', 'linqApi', {
				apiKey: '={{ $json.key }}',
				baseUrl: '={{ $json.url }}',
			});
			const accounts = [linq, other, linq].map(({ apiKey, baseUrl, lines }) => ({
				key: apiKey,
				url: baseUrl,
				line: lines[1]?.id ?? '',
			}));
			const settings = { credentials: { linqApi: { id, name: 'By item' } } };
			const execution = await run(accounts, LIST, settings);
			assert.deepEqual(
				json(outputs(execution)[0]).map((row) => row.id),
				[linq, other, linq].flatMap(({ lines }) => lines.map((line) => line.id)),
			);
			await run(accounts, UPDATE, settings);
			for (const { apiKey, lines, requests } of [linq, other]) {
				assert.equal(lines[1]?.forwarding_number, FORWARD);
				const keys = new Set(requests.map(({ headers }) => headers.authorization));
				assert.deepEqual([...keys], [`Bearer ${apiKey}`]);
			}
		} finally {
			await other.close();
		}
	});

	describe('Request Options', () => {
		it('batching works, with numbers and with strings', async () => {
			for (const [batchSize, batchInterval] of [
				[2, 200],
				["={{ '2' }}", "={{ '200' }}"],
			]) {
				environment().linq.requests.length = 0;
				const execution = await run(lineItems(5), {
					...UPDATE,
					requestOptions: { batching: { batch: { batchSize, batchInterval } } },
				});
				assert.equal(execution.status, 'success');
				assert.equal(outputs(execution)[0]?.length, 5);
				const times = environment().linq.requests.map(({ at }) => at);
				assert.equal(times.length, 5);
				assert((times.at(-1) ?? 0) - (times[0] ?? 0) > 300);
			}
		});

		it('timeout: the request is retried', async () => {
			environment().linq.faults.push({ times: 1, fault: { kind: 'hang' } });
			const execution = await run(lineItems(1), { ...UPDATE, requestOptions: { timeout: 300 } });
			assert.equal(execution.status, 'success');
			assert.equal(sent().length, 2);
		});

		it('proxy: the requests go through it', async () => {
			const seen: string[] = [];
			const proxy = new Server({
				host: '127.0.0.1',
				port: 0,
				prepareRequestFunction: ({ request, hostname, port }) => {
					seen.push(`${request.method ?? ''} ${hostname}:${port}`);
					return {};
				},
			});
			await proxy.listen();
			try {
				const execution = await run(lineItems(2), {
					...UPDATE,
					requestOptions: { proxy: `http://127.0.0.1:${proxy.port}` },
				});
				assert.equal(execution.status, 'success');
				const { host } = new URL(environment().linq.baseUrl);
				assert.deepEqual(seen, [`PUT ${host}`, `PUT ${host}`]);
				assert.equal(forwarded(), 2);
			} finally {
				await proxy.close(true);
			}
		});

		/** Returns the error of one failed update. */
		const failure = async (parameters: INode['parameters'], settings: Partial<INode> = {}) => {
			const execution = await run(
				lineItems(1),
				{ ...UPDATE, ...parameters },
				{ onError: 'continueErrorOutput', ...settings },
			);
			const [failed] = json(outputs(execution)[1]);
			return (failed?.error ?? {}) as Partial<Record<string, unknown>>;
		};

		it('proxy that requires a password: the error names the proxy', async () => {
			const proxy = new Server({
				host: '127.0.0.1',
				port: 0,
				prepareRequestFunction: () => ({ requestAuthentication: true }),
			});
			await proxy.listen();
			try {
				const error = await failure({
					requestOptions: { proxy: `http://127.0.0.1:${proxy.port}` },
				});
				assert.equal(error.source, 'network');
				assert.equal(error.http_status, 407);
				assert.match(String(error.message), /a proxy requires a user name and a password$/);
				assert.match(String(error.description), /the proxy \(Settings → Request Options/);
			} finally {
				await proxy.close(true);
			}
		});

		it('self-signed certificate: the error suggests Ignore SSL Issues, which helps', async () => {
			const server = await tlsServer(selfSigned('IP:127.0.0.1'));
			try {
				const credential = await environment().api.createCredential('Self-signed', 'linqApi', {
					apiKey: 'any',
					baseUrl: `https://127.0.0.1:${server.port}`,
				});
				const settings = { credentials: { linqApi: { id: credential, name: 'Self-signed' } } };
				const error = await failure({}, settings);
				assert.equal(error.source, 'network');
				assert.match(
					String(error.message),
					/certificate is not from an authority that n8n trusts$/,
				);
				assert.match(String(error.description), /Ignore SSL Issues/);
				const ignored = await failure(
					{ requestOptions: { allowUnauthorizedCerts: true } },
					settings,
				);
				assert.match(String(ignored.message), /Linq did not confirm the update/);
			} finally {
				await server.close();
			}
		});
	});

	describe('an expression that fails at the third item', () => {
		const parameters = {
			...UPDATE,
			forwardingNumber: "={{ $json.to ?? $('Nowhere').first().json.to }}",
		};
		const items = () =>
			lineItems(4).map((item, index) => (index === 2 ? item : { ...item, to: FORWARD }));

		it('Stop: the execution fails', async () => {
			const execution = await run(items(), parameters);
			assert.equal(execution.status, 'error');
			assert.deepEqual(json(outputs(execution, 'Success')[0]), []);
		});

		it('continueErrorOutput: the other lines are updated', async () => {
			const execution = await run(items(), parameters, { onError: 'continueErrorOutput' });
			assert.equal(execution.status, 'success');
			assert.deepEqual(
				outputs(execution).map(({ length }) => length),
				[3, 1],
			);
			assert.equal(forwarded(), 3);
		});
	});

	describe('two executions of one workflow at the same moment', () => {
		before(() => {
			environment().linq.lines.splice(0);
		});
		const twice = async (path: string, calls: IDataObject[][]) => {
			const workflow = workflowOf(path, [
				...calledWithItems(path),
				linqNode(environment().credential, { ...UPDATE, forwardingNumber: '={{ $json.to }}' }),
			]);
			return await call(path, workflow, calls);
		};

		it('on different lines: each line is updated once', async () => {
			environment().linq.lines.splice(0, 5, ...manyLines(40));
			const all = lineItems(40).map((item) => ({ ...item, to: FORWARD }));
			const executions = await twice('different-lines', [all.slice(0, 20), all.slice(20)]);
			assert.deepEqual(
				executions.map(({ status }) => status),
				['success', 'success'],
			);
			assert.equal(forwarded(), 40);
			assert.equal(sent().length, 40);
		});

		it('on the same line: a retry of the older does not undo the newer', async () => {
			const { linq } = environment();
			linq.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 3006 } });
			const [line] = linq.lines;
			const numbers = ['+12025550101', '+12025550102'];
			const executions = await twice(
				'same-line',
				numbers.map((to) => [{ line: line?.id ?? '', to }]),
			);
			assert.deepEqual(
				executions.map(({ status }) => status),
				['success', 'success'],
			);
			// The one that was rejected came first, and was retried until it succeeded.
			const order = linq.requests.map(
				({ body }) => (body as IDataObject | undefined)?.forwarding_number,
			);
			assert.equal(order.length, 3);
			assert.equal(line?.forwarding_number, order.at(-1));
			assert.notEqual(order[1], order[2]);
		});
	});

	after(() => {
		environment().reset();
	});
}
