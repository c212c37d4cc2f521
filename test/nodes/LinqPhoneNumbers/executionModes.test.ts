import type { IDataObject, INodeParameters } from 'n8n-workflow';
import type { NodeRun } from '../../support/runNode';
import { runNode, runTool } from '../../support/runNode';
import { setTimeout as delay } from 'node:timers/promises';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';

const FORWARD = '+12025557777';
const LINE_OF_ITEM = { __rl: true, mode: 'id', value: '={{ $json.id }}' };

describe('In every execution mode', () => {
	let server: FakeLinqApi;
	const credentials = () => ({ apiKey: server.apiKey, baseUrl: server.baseUrl });
	const update = (parameters: IDataObject = {}) =>
		({
			operation: 'updateForwarding',
			line: LINE_OF_ITEM,
			forwardingNumber: FORWARD,
			...parameters,
		}) as INodeParameters;
	const lineItems = () => server.lines.map(({ id }) => ({ id }));
	const forwarded = () =>
		server.lines.filter(({ forwarding_number }) => forwarding_number === FORWARD).length;
	const run = async (rest: Partial<NodeRun>) =>
		await runNode({
			parameters: update(),
			items: lineItems(),
			credentials: credentials(),
			...rest,
		});

	beforeEach(async () => {
		server = await startFakeLinqApi();
		server.lines.splice(0, 5, ...manyLines(5));
	});
	afterEach(async () => {
		await server.close();
	});

	describe('Execute Once', () => {
		it('lists once', async () => {
			const { outputs, status } = await run({
				parameters: { operation: 'list' },
				executeOnce: true,
			});
			expect(status).toBe('success');
			expect(outputs[0]).toHaveLength(5);
			expect(server.requests).toHaveLength(1);
		});

		it('updates the first line only', async () => {
			const { outputs, status } = await run({ executeOnce: true });
			expect(status).toBe('success');
			expect(outputs[0]?.map(({ json }) => json.forwarding_number)).toEqual([FORWARD]);
			expect(server.lines[0]?.forwarding_number).toBe(FORWARD);
			expect(forwarded()).toBe(1);
		});
	});

	it('Always Output Data: List returns one empty item for an account without lines, an update its line', async () => {
		const updated = await run({ alwaysOutputData: true });
		expect(updated.outputs[0]).toHaveLength(5);
		server.lines.length = 0;
		const { outputs } = await run({
			parameters: { operation: 'list' },
			items: [{}],
			alwaysOutputData: true,
		});
		expect(outputs[0]?.map(({ json }) => json)).toEqual([{}]);
	});

	it.each([0, 1, 5])('%i items: as many lines are updated', async (count) => {
		const { status } = await run({ items: lineItems().slice(0, count) });
		expect(status).toBe('success');
		expect(forwarded()).toBe(count);
	});

	it('Retry On Fail: the second attempt sends everything again', async () => {
		server.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } });
		const { outputs, status } = await run({ retryOnFail: true });
		expect(status).toBe('success');
		expect(outputs[0]).toHaveLength(5);
		expect(forwarded()).toBe(5);
	});

	it('in a loop, each round updates the lines', async () => {
		const { run: finished, status } = await run({ times: 3 });
		expect(status).toBe('success');
		const rounds = finished.data.resultData.runData['Node under test'] ?? [];
		expect(rounds.map(({ data }) => data?.main?.[0]?.length)).toEqual([5, 5, 5]);
		expect(server.requests).toHaveLength(15);
	});

	it('in a loop, each round lists the lines again', async () => {
		const { run: finished } = await run({
			parameters: { operation: 'list' },
			items: [{}],
			times: 2,
		});
		const rounds = finished.data.resultData.runData['Node under test'] ?? [];
		// The second round is given the first one's five lines.
		expect(rounds.map(({ data }) => data?.main?.[0]?.length)).toEqual([5, 25]);
		expect(server.requests).toHaveLength(2);
	});

	it('in a sub-workflow, all lines are updated', async () => {
		const { status } = await run({ mode: 'integrated' });
		expect(status).toBe('success');
		expect(forwarded()).toBe(5);
	});

	describe('batching', () => {
		const batch = (batchSize: unknown, batchInterval: unknown) => ({
			requestOptions: { batching: { batch: { batchSize, batchInterval } } } as IDataObject,
		});

		it.each([
			['numbers', 2, 30],
			['strings from expressions', "={{ '2' }}", "={{ '30' }}"],
			['an interval in words', 1, "={{ 'soon' }}"],
			['no interval', 2, 0],
		])('%s: all lines are updated', async (_, size, interval) => {
			const { outputs, status } = await run({ parameters: update(batch(size, interval)) });
			expect(status).toBe('success');
			expect(outputs[0]).toHaveLength(5);
			expect(forwarded()).toBe(5);
		});

		it('a batch gets the permits that earlier batches have released', async () => {
			server.lines.splice(0, 5, ...manyLines(25));
			const { outputs } = await run({
				parameters: update(batch(12, 100)),
				items: lineItems(),
			});
			expect(outputs[0]).toHaveLength(25);
			expect(forwarded()).toBe(25);
		});

		it('sends nothing after a failure, neither from later batches nor as a retry of an earlier one', async () => {
			const [first, second] = server.lines;
			const { fault, release } = holdRequests({ kind: 'apiError', code: 3006 });
			server.faults.push(
				{ path: first?.id, fault },
				{ path: second?.id, fault: { kind: 'apiError', code: 2005 } },
			);
			const running = run({ parameters: update(batch(1, 100)) });
			// The first line's response comes when the second line has failed.
			while (server.requests.length < 2 || server.inFlight() > 1) await delay(1);
			release();
			const { error } = await running;
			expect(error?.message).toContain(second?.id);
			expect(error?.context.itemIndex).toBe(1);
			expect(error?.description).toContain('Sent without confirmation: [item 0].');
			expect(server.requests).toHaveLength(2);
		});

		it('a line that was only looked up when the run stopped does not count as sent', async () => {
			const { fault, release } = holdRequests();
			server.faults.push({ method: 'GET', fault });
			const running = run({
				parameters: update({ line: '={{ $json.line }}', ...batch(1, 50) }),
				items: [{ line: server.lines[0]?.phone_number ?? '' }, { line: 'no line' }],
			});
			// Long after the second item was rejected, 50 ms behind the first.
			setTimeout(release, 300);
			const { error } = await running;
			expect(error?.context.itemIndex).toBe(1);
			expect(error?.description).toContain('No lines were updated.');
			expect(error?.description).not.toContain('without confirmation');
			expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
		});

		it('applies the updates of one line in item order across batches', async () => {
			const line = server.lines[0];
			const numbers = ['+12025550101', '+12025550102', '+12025550103'];
			// The first ends after the second has begun, and the second is still being retried when the third begins.
			server.faults.push(
				{ times: 1, fault: { kind: 'delay', ms: 60 } },
				{
					times: 1,
					fault: { kind: 'apiError', code: 3006, headers: { 'retry-after-ms': '60' } },
				},
			);
			await run({
				parameters: update({ forwardingNumber: '={{ $json.to }}', ...batch(1, 40) }),
				items: numbers.map((to) => ({ id: line?.id ?? '', to })),
			});
			const bodies = server.requests.map(({ body }) => body as IDataObject | undefined);
			// The server has not read the body of the request that it rejected.
			expect(bodies.map((body) => body?.forwarding_number)).toEqual([
				numbers[0],
				undefined,
				numbers[1],
				numbers[2],
			]);
		});
	});

	describe('an expression that fails at the third item', () => {
		const parameters = () =>
			update({ forwardingNumber: "={{ $json.phone ?? $('Nowhere').first().json.phone }}" });
		const items = () =>
			lineItems().map((item, index) => (index === 2 ? item : { ...item, phone: FORWARD }));

		it('Stop: fails, and does not claim that nothing was sent', async () => {
			const { error, status } = await run({ parameters: parameters(), items: items() });
			expect(status).toBe('error');
			expect(error?.context.itemIndex).toBe(2);
			expect(`${error?.message} ${error?.description ?? ''}`).not.toMatch(/nothing was sent/i);
		});

		it.each(['continueRegularOutput', 'continueErrorOutput'] as const)(
			'%s: the other lines are updated',
			async (onError) => {
				const { outputs, status } = await run({
					parameters: parameters(),
					items: items(),
					onError,
				});
				expect(status).toBe('success');
				const failed = outputs.flat().filter(({ json }) => json.error !== undefined);
				expect(failed).toHaveLength(1);
				expect(outputs[1] ?? []).toHaveLength(onError === 'continueErrorOutput' ? 1 : 0);
				expect(forwarded()).toBe(4);
			},
		);
	});

	describe("as an agent's tool", () => {
		const tool = async (parameters: INodeParameters, items: IDataObject[], toolArguments = {}) =>
			await runTool({ parameters, items, toolArguments, credentials: credentials() });
		const agentItems = (count: number) =>
			Array.from({ length: count }, () => ({ chatInput: 'Which lines?' }));
		const byModel = () =>
			update({
				line: { __rl: true, mode: 'number', value: "={{ $fromAI('line', '', 'string') }}" },
			});

		it.each([1, 2])('lists for each of %i items of the agent', async (count) => {
			const results = await tool({ operation: 'list' }, agentItems(count));
			expect(results.map((result) => (JSON.parse(result) as unknown[]).length)).toEqual(
				Array(count).fill(5),
			);
			expect(server.requests).toHaveLength(count);
		});

		it.each([1, 2])('updates for each of %i items of the agent', async (count) => {
			const results = await tool(byModel(), agentItems(count), {
				line: server.lines[3]?.phone_number,
			});
			expect(results.map((result) => JSON.parse(result) as unknown)).toEqual(
				[null, FORWARD].slice(0, count).map((previous_forwarding_number) => [
					{
						id: server.lines[3]?.id,
						phone_number: server.lines[3]?.phone_number,
						forwarding_number: FORWARD,
						previous_forwarding_number,
					},
				]),
			);
		});

		it('an unknown line: the model gets the cause and the remedy', async () => {
			const [result] = await tool(byModel(), [{}], { line: '+12025558888' });
			expect(JSON.parse(result ?? '')).toEqual([
				{
					error: expect.objectContaining({
						message: 'There is no line +12025558888 in this Linq account',
						description: expect.stringContaining('List shows all lines.') as string,
						line: '+12025558888',
						source: 'input',
					}) as unknown,
				},
			]);
		});

		it('if Linq fails, the model gets the error', async () => {
			server.faults.push({ fault: { kind: 'apiError', code: 2005 } });
			const [result] = await tool({ operation: 'list' }, [{}]);
			expect(result).toContain('Could not list the lines: Access denied');
			expect(result).toContain('"source":"credential"');
		});
	});
});
