import type { IDataObject, OnError } from 'n8n-workflow';
import schema from '../../nodes/LinqPhoneNumbers/__schema__/v1.0.0/updateForwarding.json';
import { manyLines } from '../linqServer/lines';
import { startLinqServer, type LinqServer } from '../linqServer/server';
import { runNode } from '../engine';

const ID = '550e8400-e29b-41d4-a716-000000000001';
const NUMBER = '+12025550001';
const BEFORE = '+12025559999';
const A = '+12025550101';
const B = '+12025550102';

/** The first line of the local API is forwarded to BEFORE, the others are not forwarded. */
describe('Update Forwarding, beside what was before', () => {
	let server: LinqServer;
	const update = async (options: IDataObject, items: IDataObject[], onError?: OnError) =>
		await runNode({
			parameters: {
				operation: 'updateForwarding',
				phoneNumber: '={{ $json.line }}',
				forwarding: "={{ $json.to ? 'set' : 'clear' }}",
				forwardingNumber: '={{ $json.to }}',
				options,
			} as never,
			items,
			onError,
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
	const sent = () => server.requests.map(({ method }) => method);
	const rows = (result: Awaited<ReturnType<typeof update>>) =>
		result.outputs[0]?.map(({ json }) => [
			json.forwarding_number,
			json.previous_forwarding_number,
			json.changed,
		]);

	beforeEach(async () => {
		server = await startLinqServer();
	});
	afterEach(async () => {
		await server.close();
	});

	it('sends nothing for a line that is as it should be, and says so', async () => {
		const { outputs } = await update({ skipUnchanged: true }, [{ line: ID, to: BEFORE }]);
		expect(outputs[0]).toEqual([
			{
				json: {
					id: ID,
					phone_number: NUMBER,
					forwarding_number: BEFORE,
					changed: false,
					previous_forwarding_number: BEFORE,
				},
				pairedItem: { item: 0 },
			},
		]);
		expect(Object.keys(outputs[0]?.[0]?.json ?? {})).toEqual(Object.keys(schema.properties));
		expect(sent()).toEqual(['GET']);
	});

	it('sends what differs, and has the same columns', async () => {
		const { outputs } = await update({ skipUnchanged: true }, [
			{ line: ID.toUpperCase(), to: A },
			{ line: '+12025550002', to: '' },
			{ line: NUMBER, to: '' },
		]);
		expect(outputs[0]?.map(({ json }) => Object.keys(json).sort().join())).toEqual(
			Array(3).fill('changed,forwarding_number,id,phone_number,previous_forwarding_number'),
		);
		expect(rows({ outputs } as never)).toEqual([
			[A, BEFORE, true],
			[null, null, false],
			[null, A, true],
		]);
		expect(sent()).toEqual(['GET', 'PUT', 'PUT']);
	});

	it('compares several items for one line with what the run itself has set', async () => {
		const result = await update({ skipUnchanged: true }, [
			{ line: ID, to: A },
			{ line: NUMBER, to: A },
			{ line: ID, to: B },
			{ line: ID, to: BEFORE },
			{ line: ID, to: BEFORE },
		]);
		expect(rows(result)).toEqual([
			[A, BEFORE, true],
			[A, A, false],
			[B, A, true],
			[BEFORE, B, true],
			[BEFORE, BEFORE, false],
		]);
		expect(server.lines[0]?.forwarding_number).toBe(BEFORE);
	});

	it('1,000 items of which 10 differ: one list and ten updates', async () => {
		server.lines.splice(0, 5, ...manyLines(1_000));
		const to = '+12025557777';
		for (const line of server.lines.slice(10)) line.forwarding_number = to;
		const items = server.lines.map(({ id }) => ({ line: id, to }));
		const { outputs, error } = await update({ skipUnchanged: true }, items);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(1_000);
		expect(outputs[0]?.filter(({ json }) => json.changed)).toHaveLength(10);
		expect(sent().sort()).toEqual(['GET', ...Array<string>(10).fill('PUT')]);
	});

	it.each([
		['a number', {}, NUMBER, ['GET', 'PUT'], BEFORE],
		['an ID', {}, ID, ['PUT'], undefined],
		['an ID, asked for', { includePrevious: true }, ID, ['GET', 'PUT'], BEFORE],
	])('the previous number, by %s', async (_, options, line, requests, previous) => {
		const result = await update(options, [{ line, to: A }]);
		expect(rows(result)).toEqual([[A, previous, undefined]]);
		expect(sent()).toEqual(requests);
	});

	it('restores what was before', async () => {
		const { outputs } = await update({ includePrevious: true }, [
			{ line: ID, to: A },
			{ line: '+12025550002', to: A },
		]);
		const items = outputs[0]?.map(({ json }) => ({
			line: json.id,
			to: json.previous_forwarding_number,
		}));
		await update({}, items ?? []);
		expect(server.lines.slice(0, 2).map((line) => line.forwarding_number)).toEqual([BEFORE, null]);
	});

	it.each([
		[ID.replace('000000000001', '00000000000f'), 'There is no line with the ID'],
		['+12025558888', 'There is no line +12025558888'],
	])(
		'a line that is not there (%s) is refused before anything is sent to it',
		async (line, words) => {
			const { error } = await update({ skipUnchanged: true }, [{ line, to: A }]);
			expect(error?.message).toContain(words);
			expect(sent()).toEqual(['GET']);
		},
	);

	it('after a change that Linq applied and did not confirm: asks Linq how the line is', async () => {
		server.faults.push({
			method: 'PUT',
			times: 1,
			mishap: { kind: 'answerAfterApplying', status: 503 },
		});
		const result = await update(
			{ skipUnchanged: true, maxRetries: 0 },
			[
				{ line: ID, to: A },
				{ line: ID, to: A },
				{ line: ID, to: B },
			],
			'continueRegularOutput',
		);
		expect(rows(result)).toEqual([
			[undefined, undefined, undefined],
			[A, A, false],
			[B, A, true],
		]);
		expect(sent()).toEqual(['GET', 'PUT', 'GET', 'PUT']);
	});

	it('an older execution has changed the line since the list: does not take it for unchanged', async () => {
		server.faults.push({ method: 'PUT', times: 1, mishap: { kind: 'delay', ms: 300 } });
		const older = update({}, [{ line: ID, to: A }]);
		while (sent().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		const newer = await update({ skipUnchanged: true }, [{ line: ID, to: BEFORE }]);
		await older;
		expect(rows(newer)).toEqual([[BEFORE, A, true]]);
		expect(server.lines[0]?.forwarding_number).toBe(BEFORE);
	});

	it('an older execution still lists the lines: a newer one of the same line waits for it', async () => {
		server.faults.push({ method: 'GET', times: 1, mishap: { kind: 'delay', ms: 300 } });
		const older = update({ skipUnchanged: true }, [{ line: ID, to: A }]);
		while (sent().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
		await Promise.all([older, update({}, [{ line: ID, to: B }])]);
		expect(server.writes.map(({ to }) => to)).toEqual([A, B]);
	});

	it('a change that was not confirmed may come late: what undoes it is sent, whatever the list says', async () => {
		server.faults.push({
			method: 'PUT',
			times: 1,
			mishap: { kind: 'answer', status: 504, body: '' },
		});
		await update({ maxRetries: 0 }, [{ line: ID, to: A }]);
		server.requests.length = 0;
		const result = await update({ skipUnchanged: true }, [{ line: ID, to: BEFORE }]);
		expect(rows(result)).toEqual([[BEFORE, BEFORE, false]]);
		expect(sent()).toEqual(['GET', 'PUT']);
		await update({ skipUnchanged: true }, [{ line: ID, to: BEFORE }]);
		expect(sent()).toEqual(['GET', 'PUT', 'GET']);
	});

	it('a change that was refused does not come late: what undoes it is not sent', async () => {
		server.faults.push({ method: 'PUT', times: 1, mishap: { kind: 'apiError', code: 2005 } });
		await update({}, [{ line: ID, to: A }]);
		const result = await update({ skipUnchanged: true }, [{ line: ID, to: BEFORE }]);
		expect(rows(result)).toEqual([[BEFORE, BEFORE, false]]);
		expect(sent()).toEqual(['PUT', 'GET']);
	});

	it('a list that failed is asked for again by later items', async () => {
		server.faults.push({ method: 'GET', times: 1, mishap: { kind: 'apiError', code: 2005 } });
		const result = await runNode({
			parameters: {
				operation: 'updateForwarding',
				phoneNumber: '={{ $json.line }}',
				forwardingNumber: A,
				requestOptions: { batching: { batch: { batchSize: 1, batchInterval: 300 } } },
			},
			items: [{ line: NUMBER }, { line: '+12025550002' }],
			onError: 'continueRegularOutput',
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		expect(rows(result)?.map(([forwarding]) => forwarding)).toEqual([undefined, A]);
		expect(sent()).toEqual(['GET', 'GET', 'PUT']);
	});

	it('what somebody else has changed before the run is seen', async () => {
		await update({}, [{ line: ID, to: A }]);
		if (server.lines[0]) server.lines[0].forwarding_number = B;
		const result = await update({ skipUnchanged: true }, [{ line: ID, to: A }]);
		expect(rows(result)).toEqual([[A, B, true]]);
	});
});
