import { signedHeaders } from '../../fakeLinqApi/webhookDelivery';
import { LinqPhoneNumbersTrigger } from '../../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { startTriggerHarness, type TriggerHarness } from '../../support/triggerHarness';

describe('The subscription of Linq Phone Numbers Trigger', () => {
	let server: FakeLinqApi;
	const harnesses: TriggerHarness[] = [];
	/** Starts a harness that is closed after the test. */
	const start = async (options: Partial<Parameters<typeof startTriggerHarness>[0]> = {}) => {
		const started = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			...options,
		});
		harnesses.push(started);
		return started;
	};
	const sent = () => server.requests.map(({ method }) => method);

	beforeEach(async () => {
		server = await startFakeLinqApi({ plainLoopback: true });
	});
	afterEach(async () => {
		await Promise.all(
			harnesses.splice(0).map(async ({ close }) => {
				await close();
			}),
		);
		await server.close();
	});

	it('is created when the workflow is activated, and deleted when it is deactivated', async () => {
		const trigger = await start();
		await trigger.activate();
		expect(server.subscriptions.all).toEqual([
			expect.objectContaining({
				target_url: trigger.target,
				subscribed_events: ['phone_number.status_updated'],
				phone_numbers: [],
				is_active: true,
			}),
		]);
		expect(trigger.target).toMatch(/^https:.*\?version=2026-02-03$/);
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
		// The old secret is kept for deliveries that Linq still retries: see multiProcess.test.ts.
		expect(trigger.savedSecret()).toBeUndefined();
	});

	it('is unchanged when the workflow is activated again, and may be deleted twice', async () => {
		const trigger = await start();
		await trigger.activate();
		const [before] = server.subscriptions.all;
		await trigger.restart();
		expect(server.subscriptions.all).toEqual([before]);
		expect(sent()).toEqual(['GET', 'POST', 'GET']);
		await trigger.deactivate();
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
		// Its secret, for deliveries that Linq still retries.
		expect(trigger.saved().subscriptions).toHaveLength(1);
	});

	it('may be gone at Linq: deactivating succeeds, activating creates another', async () => {
		const trigger = await start();
		await trigger.activate();
		server.subscriptions.all.splice(0);
		await trigger.deactivate();
		await trigger.activate();
		server.subscriptions.all.splice(0);
		await trigger.restart();
		expect(server.subscriptions.all).toHaveLength(1);
	});

	it('is recreated when its secret is lost', async () => {
		const trigger = await start();
		await trigger.activate();
		const lost = server.subscriptions.all[0]?.signing_secret;
		trigger.save({});
		await trigger.restart();
		expect(server.subscriptions.all).toHaveLength(1);
		expect(server.subscriptions.all[0]?.signing_secret).not.toBe(lost);
		expect(trigger.savedSecret()).toBe(server.subscriptions.all[0]?.signing_secret);
	});

	it('is not deleted unless both its ID and its address are the node’s own', async () => {
		const trigger = await start();
		await trigger.activate();
		const state = trigger.saved();
		trigger.save({});
		await trigger.deactivate();
		const another = {
			id: 'another',
			signingSecret: 'whsec_c2VjcmV0',
			workflowId: trigger.workflowId,
		};
		trigger.save({ subscriptions: [another] });
		await trigger.deactivate();
		trigger.save(state);
		const [subscription] = server.subscriptions.all;
		if (subscription) subscription.target_url = 'https://old.example.com/webhook';
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([subscription]);
	});

	it('keeps the secrets of the last ten before it', async () => {
		const trigger = await start();
		for (let publish = 0; publish < 12; publish++) {
			await trigger.activate();
			await trigger.deactivate();
		}
		expect(trigger.saved().subscriptions).toHaveLength(10);
	});

	it('is replaced when other lines are chosen, also by one for all lines', async () => {
		const trigger = await start({ parameters: { lines: ['+12025550001', '+12025550002'] } });
		await trigger.activate();
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual(['+12025550001', '+12025550002']);
		trigger.parameters = { lines: ['+1 (202) 555\u20110003\u200b'] };
		await trigger.activate();
		expect(server.subscriptions.all.map(({ phone_numbers }) => phone_numbers)).toEqual([
			['+12025550003'],
		]);
		trigger.parameters = {};
		await trigger.activate();
		expect(server.subscriptions.all.map(({ phone_numbers }) => phone_numbers)).toEqual([[]]);
		expect(trigger.savedSecret()).toBe(server.subscriptions.all[0]?.signing_secret);
	});

	it('accepts lines by ID as well, which are looked up in the list', async () => {
		const [, second, third] = server.lines;
		const lines = [second?.id.toUpperCase() ?? '', third?.phone_number ?? ''];
		const trigger = await start({ parameters: { lines: lines } });
		await trigger.activate();
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual(['+12025550002', '+12025550003']);
		// The lines to compare, the subscriptions to clear the address, the lines to create one with.
		expect(sent()).toEqual(['GET', 'GET', 'GET', 'POST']);
		trigger.parameters = { lines: ['550e8400-e29b-41d4-a716-446655440000'] };
		await expect(trigger.activate()).rejects.toThrow(
			'There is no line with the ID 550e8400-e29b-41d4-a716-446655440000 in this Linq account',
		);
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual(['+12025550002', '+12025550003']);
	});

	it('is replaced when its events differ, or Linq has switched it off', async () => {
		const trigger = await start();
		await trigger.activate();
		const [first] = server.subscriptions.all;
		if (first) first.subscribed_events = ['message.received'];
		await trigger.activate();
		const [second] = server.subscriptions.all;
		expect(second?.subscribed_events).toEqual(['phone_number.status_updated']);
		if (second) second.is_active = false;
		await trigger.activate();
		expect(server.subscriptions.all.map(({ is_active }) => is_active)).toEqual([true]);
	});

	describe('is not deleted', () => {
		it('by a copy of the workflow with its static data, whose publishing fails', async () => {
			const original = await start();
			await original.activate();
			const copy = await start({
				staticData: original.exportStaticData(),
				publicAddress: original.target.replace('/9b2c/webhook?version=2026-02-03', ''),
			});
			// n8n rejects the address, and cleans up.
			await copy.deactivate();
			expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([
				original.target,
			]);
			expect(copy.saved().subscriptions).toEqual([]);

			const elsewhere = await start({ staticData: original.exportStaticData() });
			await elsewhere.activate();
			expect(elsewhere.saved().subscriptions).toHaveLength(1);
		});

		it('by a copy of the database at another address', async () => {
			const production = await start({ workflowId: 'one' });
			await production.activate();
			const [its] = server.subscriptions.all;
			const copied = { workflowId: 'one', staticData: production.exportStaticData() };
			const unpublished = await start(copied);
			await unpublished.deactivate();
			expect(server.subscriptions.all).toEqual([its]);
			const published = await start(copied);
			await published.activate();
			expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([
				production.target,
				published.target,
			]);
			await published.deactivate();
			expect(server.subscriptions.all).toEqual([its]);
		});

		it('by a second import of its file, whose publishing fails', async () => {
			const first = await start();
			await first.activate();
			const second = await start({
				publicAddress: first.target.replace('/9b2c/webhook?version=2026-02-03', ''),
			});
			await second.deactivate();
			expect(server.subscriptions.all).toHaveLength(1);
		});

		it('unless n8n gives its address to a copy, which takes it over', async () => {
			const original = await start();
			await original.activate();
			const copy = await start({
				staticData: original.exportStaticData(),
				publicAddress: original.target.replace('/9b2c/webhook?version=2026-02-03', ''),
			});
			await copy.activate();
			await copy.deactivate();
			expect(server.subscriptions.all).toEqual([]);
		});
	});

	it('of another account than the credential’s stays there, and its secret is no longer accepted', async () => {
		const other = await startFakeLinqApi({ plainLoopback: true });
		try {
			const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
			const trigger = await start({ credentials });
			for (let publish = 0; publish < 2; publish++) {
				await trigger.deactivate();
				await trigger.activate();
			}
			Object.assign(credentials, { apiKey: other.apiKey, baseUrl: other.baseUrl });
			await trigger.deactivate();
			await trigger.activate();
			expect(server.subscriptions.all).toHaveLength(1);
			expect(trigger.saved().subscriptions).toEqual([
				expect.objectContaining({ id: other.subscriptions.all[0]?.id }),
			]);
		} finally {
			await other.close();
		}
	});

	it('does not affect other subscriptions of the account', async () => {
		const [one, other] = [await start(), await start()];
		await one.activate();
		await other.activate();
		await one.deactivate();
		expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([other.target]);
	});

	it.each([
		['http://n8n.example.com', 'http://n8n.example.com/9b2c/webhook'],
		['https://localhost:5678', 'https://localhost:5678/9b2c/webhook'],
		['https://n8n.localhost', 'https://n8n.localhost/9b2c/webhook'],
		['https://n8n.example.com/?key=1', 'https://n8n.example.com/?key=1/9b2c/webhook'],
		['n8n.example.com', 'n8n.example.com/9b2c/webhook'],
	])('is not created at the address %s, and Linq is not called', async (publicAddress, shown) => {
		const trigger = await start({ publicAddress });
		// n8n shows only the message if publishing fails.
		await expect(trigger.activate()).rejects.toThrow(
			`n8n's N8N_WEBHOOK_URL (in older n8n WEBHOOK_URL) must be a public https address without a query: Linq cannot deliver to ${shown}`,
		);
		// n8n cleans up after a failure.
		await trigger.deactivate();
		expect(server.requests).toEqual([]);
	});

	/** What an expression may give by mistake in place of each parameter. */
	const mistakes: Record<string, [words: string, values: unknown[]]> = {
		events: ['Events is not a list of', [undefined, null, '', 'Reputation', ['x'], {}]],
		newReputation: [
			'New Reputation is not a list of',
			[undefined, null, '', 'critical', ['Critical'], 'AT_RISK,CRITICAL', {}],
		],
		lines: ['', [undefined, null, '', '2025550001', ['nobody'], {}]],
		simplify: ['Simplify is neither true nor false', [undefined, null, '', 'yes', 2]],
	};
	const cases = Object.entries(mistakes).flatMap(([name, [words, values]]) =>
		values.map(
			(value) => [name, value === undefined ? 'undefined' : JSON.stringify(value), words] as const,
		),
	);
	it.each(cases)('is not created with %s: %s', async (name, value, words) => {
		const trigger = await start({ parameters: { [name]: `={{ ${value} }}` } });
		await expect(trigger.activate()).rejects.toThrow(words);
		expect(server.requests).toEqual([]);
	});

	it('is not created without events; every parameter is tested above', async () => {
		const trigger = await start({ parameters: { events: [] } });
		await expect(trigger.activate()).rejects.toThrow('No events selected');
		const { properties } = new LinqPhoneNumbersTrigger().description;
		expect(properties.map(({ name }) => name).sort()).toEqual(Object.keys(mistakes).sort());
	});

	it('is created once if the response to its creation is lost', async () => {
		server.faults.push({
			method: 'POST',
			times: 1,
			fault: { kind: 'reset', when: 'afterApplying' },
		});
		const trigger = await start();
		await trigger.activate();
		expect(server.subscriptions.all).toHaveLength(1);
		expect(trigger.savedSecret()).toBe(server.subscriptions.all[0]?.signing_secret);
	});

	it('is deleted if the response to its deletion is lost', async () => {
		const trigger = await start();
		await trigger.activate();
		server.faults.push({
			method: 'DELETE',
			times: 1,
			fault: { kind: 'reset', when: 'afterApplying' },
		});
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
	});

	it('fails with the reason if it could not be created or deleted', async () => {
		const trigger = await start();
		await trigger.activate();
		server.faults.push({ fault: { kind: 'apiError', code: 2004 } });
		for (const [attempt, action] of [
			[trigger.activate, 'Could not set up the subscription to changes of lines'],
			[trigger.deactivate, 'Could not remove the subscription to changes of lines'],
		] as const) {
			const error: unknown = await attempt().catch((thrown: unknown) => thrown);
			expect(error).toMatchObject({
				message: expect.stringMatching(new RegExp(`^${action}: Unauthorized`)) as string,
				description: expect.stringContaining('Check the API key') as string,
			});
			expect(JSON.stringify(error)).not.toContain(server.apiKey);
		}
		expect(server.subscriptions.all).toHaveLength(1);
	});

	it.each([
		['GET', '{}', 'returned no list of webhook subscriptions'],
		['POST', '{"id":"1"}', 'but returned no signing secret'],
		['GET', '<html>', 'received a web page instead of an API response'],
		['POST', '<html>', 'received a web page instead of an API response'],
	])('fails to be created if the response to %s is unexpected', async (method, body, message) => {
		server.faults.push({ method, fault: { kind: 'response', status: 200, body } });
		const trigger = await start();
		await expect(trigger.activate()).rejects.toThrow(message);
		expect(trigger.savedSecret()).toBeUndefined();
	});

	it('stays saved if the response to its deletion is a web page', async () => {
		const trigger = await start();
		await trigger.activate();
		server.faults.push({
			method: 'DELETE',
			fault: { kind: 'response', status: 200, body: '<html>' },
		});
		await expect(trigger.deactivate()).rejects.toThrow(
			'received a web page instead of an API response',
		);
		expect(trigger.savedSecret()).toBeDefined();
	});

	it('of a test in the editor has an address of its own, and none is left behind', async () => {
		const [live, test] = [await start(), await start({ test: true })];
		await live.activate();
		await test.activate();
		expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([
			live.target,
			test.target,
		]);
		expect(test.target).toContain('/webhook-test/');
		await server.changeReputation('+12025550001', 'AT_RISK');
		expect(await test.executions()).toHaveLength(1);
		const requests = server.requests.length;
		const forged = signedHeaders('whsec_c3RyYW5nZXI=', 'msg_1', '{}');
		const response = await fetch(test.addresses[0] ?? '', {
			method: 'POST',
			headers: forged,
			body: '{}',
		});
		expect(response.status).toBe(401);
		expect(server.requests).toHaveLength(requests);
		await test.deactivate();
		expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([live.target]);
	});
});
