import type { IDataObject, OnError } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRule } from '../fakeLinqApi/faultInjection';
import { manyLines } from '../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../fakeLinqApi/server';
import { startRun } from './runNode';

/** Runs to its end, and returns the status of its execution. */
export type Scenario = () => Promise<string>;

const REJECTED: FaultRule = { fault: { kind: 'apiError', code: 2005 } };

/** Returns a run of updates against a small account of its own, by default with an item for each line. */
function run({
	line = '={{ $json.id }}',
	forwardingNumber = '+12025557777',
	batchInterval,
	onError = 'stopWorkflow',
	faults = [],
	items,
	cancelAfterRequests,
}: {
	line?: string;
	forwardingNumber?: string;
	batchInterval?: number;
	onError?: OnError;
	faults?: FaultRule[];
	items?: (server: FakeLinqApi) => IDataObject[];
	cancelAfterRequests?: number;
}): Scenario {
	return async () => {
		const server = await startFakeLinqApi({ lines: manyLines(4) });
		server.faults.push(...faults);
		try {
			const { result, cancel } = startRun({
				parameters: {
					operation: 'updateForwarding',
					line: line,
					forwardingNumber,
					...(batchInterval !== undefined && {
						requestOptions: { batching: { batch: { batchSize: 1, batchInterval } } },
					}),
				},
				items: items?.(server) ?? server.lines.map((one) => ({ ...one })),
				onError,
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			});
			if (cancelAfterRequests !== undefined) {
				while (server.requests.length < cancelAfterRequests) await delay(1);
				cancel();
			}
			return (await result).status;
		} finally {
			await server.close();
		}
	};
}

const THIRD_FAILS = "={{ $itemIndex === 2 ? $('Nowhere').first().json.phone : '+12025557777' }}";
const UNKNOWN = '+12025558888';

export const scenarios: Record<string, Scenario> = {
	'the control: an unhandled rejection': async () => {
		void Promise.reject(new Error('heard by nobody'));
		return await Promise.resolve('success');
	},
	'Stop: the first of several batches is rejected': run({ batchInterval: 20, faults: [REJECTED] }),
	'Stop: a later item fails at an expression, an earlier one is rejected': run({
		forwardingNumber: THIRD_FAILS,
		faults: [REJECTED],
	}),
	'Stop: the same, in batches': run({
		forwardingNumber: THIRD_FAILS,
		batchInterval: 20,
		faults: [REJECTED],
	}),
	'Continue: each batch has an unknown number': run({
		line: '={{ $json.line }}',
		items: () => [1, 2, 3].map(() => ({ line: UNKNOWN })),
		batchInterval: 20,
		onError: 'continueRegularOutput',
	}),
	'Continue: an unknown number behind a slow line': run({
		line: '={{ $json.line }}',
		items: ({ lines }) => [
			{ line: lines[0]?.phone_number ?? '' },
			{ line: UNKNOWN },
			{ line: lines[0]?.id ?? '' },
		],
		faults: [{ method: 'PUT', fault: { kind: 'delay', ms: 100 } }],
		batchInterval: 20,
		onError: 'continueRegularOutput',
	}),
	'Continue: an unknown number whose list is retried while later batches start': run({
		line: '={{ $json.line }}',
		items: ({ lines }) => [
			{ line: lines[0]?.phone_number ?? '' },
			{ line: UNKNOWN },
			{ line: lines[1]?.phone_number ?? '' },
			{ line: UNKNOWN },
		],
		faults: [{ method: 'GET', times: 1, fault: { kind: 'apiError', code: 3006 } }],
		batchInterval: 20,
		onError: 'continueRegularOutput',
	}),
	'Continue: the list is rejected while later batches start': run({
		line: '={{ $json.phone_number }}',
		faults: [{ times: 1, fault: { kind: 'delay', ms: 30 } }, REJECTED],
		batchInterval: 20,
		onError: 'continueRegularOutput',
	}),
	'Stop: the list is rejected while several items wait for it': run({
		line: '={{ $json.phone_number }}',
		faults: [REJECTED],
	}),
	'canceled while requests are in flight': run({
		faults: [{ fault: { kind: 'delay', ms: 100 } }],
		cancelAfterRequests: 2,
	}),
	'canceled while the lines are listed': run({
		line: '={{ $json.phone_number }}',
		faults: [{ fault: { kind: 'delay', ms: 100 } }],
		cancelAfterRequests: 1,
	}),
};
