import type { IDataObject } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { statusUpdated } from '../fakeLinqApi/events';
import { line, reputation } from '../fakeLinqApi/fixtures';
import { startFakeLinqApi, type FakeLinqApi } from '../fakeLinqApi/server';
import { startPollingHarness } from '../support/pollingHarness';
import { sections, tableRows } from '../support/readme';
import { runNode } from '../support/runNode';
import { startTriggerHarness } from '../support/triggerHarness';

const ID = '550e8400-e29b-41d4-a716-446655440001';

let server: FakeLinqApi;

const credentials = () => ({ apiKey: server.apiKey, baseUrl: server.baseUrl });
const onlyOne = (items: IDataObject[]) => {
	const [item] = items;
	if (!item || items.length > 1) throw new Error(`There are ${items.length} items`);
	return item;
};

/** What the README shows under a heading, as the node returns it. */
const outputs: Record<string, () => Promise<IDataObject>> = {
	'List Lines': async () => {
		const { outputs } = await runNode({
			parameters: { operation: 'list' },
			credentials: credentials(),
		});
		return onlyOne((outputs[0] ?? []).map(({ json }) => json));
	},
	'Update Forwarding': async () => {
		const { outputs } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: ID },
				forwardingNumber: '+12025559999',
			},
			credentials: credentials(),
		});
		return onlyOne((outputs[0] ?? []).map(({ json }) => json));
	},
	'Linq Phone Numbers Trigger': async () => {
		const trigger = await startTriggerHarness({ credentials: credentials() });
		try {
			await trigger.activate();
			const { data, ...event } = statusUpdated({
				phone_number: '+12025551234',
				reputation: ['AT_RISK', 'CRITICAL'],
				status: ['ACTIVE', 'FLAGGED'],
			});
			await server.subscriptions.deliver({
				...event,
				event_id: '0d5c1f0e-3c55-4c0e-9a57-3f1b8f5f2f11',
				data: { ...data, changed_at: '2026-02-18T18:35:05.000Z' },
			});
			return onlyOne((await trigger.executions()).flat().map(({ json }) => json));
		} finally {
			await trigger.close();
		}
	},
	'Linq Phone Numbers Polling Trigger': async () => {
		const [atRisk] = server.lines;
		if (!atRisk) throw new Error('There is no line');
		atRisk.reputation = atRisk.health_status = reputation('HEALTHY');
		const trigger = startPollingHarness({ credentials: credentials() });
		await trigger.publish();
		atRisk.reputation = atRisk.health_status = reputation('AT_RISK');
		await trigger.poll();
		const { detected_at, ...item } = onlyOne(trigger.items());
		// When it was polled; the README's is another moment of the same form.
		expect(detected_at).toEqual(expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/));
		return { ...item, detected_at: '2026-02-18T18:35:05.000Z' };
	},
};

const blocks = [...sections].flatMap(([heading, text]) =>
	[...text.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json = '']) => ({ heading, json })),
);

describe('The README shows', () => {
	beforeEach(async () => {
		const atRisk = line('550e8400-e29b-41d4-a716-', 446_655_440_001, 'AT_RISK', {
			forwarding_number: null,
		});
		server = await startFakeLinqApi({
			lines: [{ ...atRisk, phone_number: '+12025559876' }],
			plainLoopback: true,
		});
	});
	afterEach(async () => {
		await server.close();
	});

	it('no other outputs than these', () => {
		expect(blocks.map(({ heading }) => heading)).toEqual(Object.keys(outputs));
	});

	it.each(blocks)('what comes out of $heading', async ({ heading, json }) => {
		const output = await outputs[heading]?.();
		// With the order of the columns.
		expect(Object.entries(output ?? {})).toEqual(Object.entries(jsonParse<IDataObject>(json)));
	});

	describe('a failed item', () => {
		const rows = tableRows('Failed items', 'field').map(
			([field = '', type = '', example = '', , nullIf = '']) => ({
				field: field.replaceAll('`', ''),
				type: type === 'text' ? 'string' : type,
				example: example.replaceAll('`', ''),
				isNullable: nullIf !== 'never',
			}),
		);
		const errorOf = async (parameters: IDataObject) => {
			const { outputs } = await runNode({
				parameters: { ...parameters, options: { maxRetries: 0 } },
				credentials: credentials(),
				onError: 'continueRegularOutput',
			});
			return Object.entries(outputs[0]?.[0]?.json.error ?? {});
		};

		it('of a line that is not in the account', async () => {
			server.lines.length = 0;
			const error = await errorOf({
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: ID },
				forwardingNumber: '+12025559999',
			});
			expect(error.map(([field, value]) => [field, typeof value])).toEqual(
				rows.map(({ field, type }) => [field, type]),
			);
			for (const [index, [field, value]] of error.entries()) {
				const example = rows[index]?.example ?? '';
				if (field === 'trace_id') {
					// Each request has another; the README's is one of the same form.
					expect([value, example]).toEqual(Array(2).fill(expect.stringMatching(/^[0-9a-f]{32}$/)));
				} else {
					const parts = example
						.split('…')
						.map((part) => part.replace(/[.?*+()[\]{}^$|\\]/g, '\\$&'));
					expect(String(value)).toMatch(new RegExp(`^${parts.join('.+')}$`));
				}
			}
		});

		it('of a list that no server responded to, with as many nulls as there can be', async () => {
			server.faults.push({ fault: { kind: 'reset', when: 'beforeHeaders' } });
			const error = await errorOf({ operation: 'list' });
			expect(error.map(([field, value]) => [field, value === null])).toEqual(
				rows.map(({ field, isNullable }) => [field, isNullable]),
			);
		});
	});
});
