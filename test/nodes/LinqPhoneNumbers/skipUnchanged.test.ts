import type { IDataObject, OnError } from 'n8n-workflow';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import schema from '../../../nodes/LinqPhoneNumbers/__schema__/v1.0.0/updateForwarding.json';
import { holdRequests } from '../../fakeLinqApi/faultInjection';
import { manyLines } from '../../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { runNode } from '../../support/runNode';

const NUMBER = '+12025550001';
const BEFORE = '+12025559999';
const A = '+12025550101';
const B = '+12025550102';

/** The first line of the local API is forwarded to BEFORE, the others are not forwarded. */
describe('Skip Unchanged and Include Previous Number', () => {
	let server: FakeLinqApi;
	/** The first line's. */
	let id: string;
	const update = async (options: IDataObject, items: IDataObject[], onError?: OnError) =>
		await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: '={{ $json.line }}',
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
		server = await startFakeLinqApi();
		id = server.lines[0]?.id ?? '';
	});
	afterEach(async () => {
		await server.close();
	});

	it('sends nothing for a line that already has the number, and says so', async () => {
		const { outputs } = await update({ skipUnchanged: true }, [{ line: id, to: BEFORE }]);
		expect(outputs[0]).toEqual([
			{
				json: {
					id,
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

	it('updates lines that differ, with the same columns for all', async () => {
		const { outputs } = await update({ skipUnchanged: true }, [
			{ line: id.toUpperCase(), to: A },
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

	it('compares several items for one line with the run’s own updates', async () => {
		const result = await update({ skipUnchanged: true }, [
			{ line: id, to: A },
			{ line: NUMBER, to: A },
			{ line: id, to: B },
			{ line: id, to: BEFORE },
			{ line: id, to: BEFORE },
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

	it('100 items of which 10 differ: one list and ten updates', async () => {
		server.lines.splice(0, 5, ...manyLines(100));
		const to = '+12025557777';
		for (const line of server.lines.slice(10)) line.forwarding_number = to;
		const items = server.lines.map(({ id }) => ({ line: id, to }));
		const { outputs, error } = await update({ skipUnchanged: true }, items);
		expect(error).toBeUndefined();
		expect(outputs[0]).toHaveLength(100);
		expect(outputs[0]?.filter(({ json }) => json.changed)).toHaveLength(10);
		expect(sent().sort()).toEqual(['GET', ...Array<string>(10).fill('PUT')]);
	});

	it.each([
		['a number', {}, NUMBER, ['GET', 'PUT'], BEFORE],
		['an ID', {}, undefined, ['PUT'], undefined],
		[
			'an ID, with Include Previous Number',
			{ includePrevious: true },
			undefined,
			['GET', 'PUT'],
			BEFORE,
		],
	])('the previous number of a line by %s', async (_, options, line, requests, previous) => {
		const result = await update(options, [{ line: line ?? id, to: A }]);
		expect(rows(result)).toEqual([[A, previous, undefined]]);
		expect(sent()).toEqual(requests);
	});

	it('the previous number restores the state before', async () => {
		const { outputs } = await update({ includePrevious: true }, [
			{ line: id, to: A },
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
		[randomUUID(), 'There is no line with the ID'],
		['+12025558888', 'There is no line +12025558888'],
	])('an unknown line (%s) is rejected before it is updated', async (line, words) => {
		const { error } = await update({ skipUnchanged: true }, [{ line, to: A }]);
		expect(error?.message).toContain(words);
		expect(sent()).toEqual(['GET']);
	});

	it('lists the lines again after an update that Linq applied but did not confirm', async () => {
		server.faults.push({
			method: 'PUT',
			times: 1,
			fault: { kind: 'respondAfterApplying', status: 503 },
		});
		const result = await update(
			{ skipUnchanged: true, maxRetries: 0 },
			[
				{ line: id, to: A },
				{ line: id, to: A },
				{ line: id, to: B },
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

	it('does not take a line for unchanged that an older execution is updating', async () => {
		const { fault, release } = holdRequests();
		server.faults.push({ method: 'PUT', times: 1, fault });
		const older = update({}, [{ line: id, to: A }]);
		while (!sent().includes('PUT')) await delay(5);
		const newer = update({ skipUnchanged: true }, [{ line: id, to: BEFORE }]);
		// The newer one would have been sent by now.
		await update({}, [{ line: server.lines[1]?.id ?? '', to: A }]);
		release();
		await older;
		expect(rows(await newer)).toEqual([[BEFORE, A, true]]);
		expect(server.lines[0]?.forwarding_number).toBe(BEFORE);
	});

	it('a newer execution waits for an older one of the same line that still lists the lines', async () => {
		const { fault, release } = holdRequests();
		server.faults.push({ method: 'GET', times: 1, fault });
		const older = update({ skipUnchanged: true }, [{ line: id, to: A }]);
		while (sent().length === 0) await delay(5);
		const newer = update({}, [{ line: id, to: B }]);
		// The newer one would have been sent by now.
		await update({}, [{ line: server.lines[1]?.id ?? '', to: A }]);
		release();
		await Promise.all([older, newer]);
		expect(server.writes.filter((write) => write.id === id).map(({ to }) => to)).toEqual([A, B]);
	});

	it('an unconfirmed update may be applied late: its undo is sent, whatever the list says', async () => {
		server.faults.push({
			method: 'PUT',
			times: 1,
			fault: { kind: 'response', status: 504, body: '' },
		});
		await update({ maxRetries: 0 }, [{ line: id, to: A }]);
		server.requests.length = 0;
		const result = await update({ skipUnchanged: true }, [{ line: id, to: BEFORE }]);
		expect(rows(result)).toEqual([[BEFORE, BEFORE, false]]);
		expect(sent()).toEqual(['GET', 'PUT']);
		await update({ skipUnchanged: true }, [{ line: id, to: BEFORE }]);
		expect(sent()).toEqual(['GET', 'PUT', 'GET']);
	});

	it('a rejected update cannot be applied late: its undo is not sent', async () => {
		server.faults.push({ method: 'PUT', times: 1, fault: { kind: 'apiError', code: 2005 } });
		await update({}, [{ line: id, to: A }]);
		const result = await update({ skipUnchanged: true }, [{ line: id, to: BEFORE }]);
		expect(rows(result)).toEqual([[BEFORE, BEFORE, false]]);
		expect(sent()).toEqual(['PUT', 'GET']);
	});

	it('later items request a failed list again', async () => {
		server.faults.push({ method: 'GET', times: 1, fault: { kind: 'apiError', code: 2005 } });
		const result = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: '={{ $json.line }}',
				forwardingNumber: A,
				requestOptions: { batching: { batch: { batchSize: 1, batchInterval: 50 } } },
			},
			// Those of the first batches may still get the list that fails.
			items: Array.from({ length: 20 }, () => ({ line: NUMBER })),
			onError: 'continueRegularOutput',
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		const forwarding = rows(result)?.map(([number]) => number);
		expect(forwarding?.at(0)).toBeUndefined();
		expect(forwarding?.at(-1)).toBe(A);
		expect(sent().filter((method) => method === 'GET')).toHaveLength(2);
	});

	it('sees what somebody else changed before the run', async () => {
		await update({}, [{ line: id, to: A }]);
		if (server.lines[0]) server.lines[0].forwarding_number = B;
		const result = await update({ skipUnchanged: true }, [{ line: id, to: A }]);
		expect(rows(result)).toEqual([[A, B, true]]);
	});
});
