import type { INodeParameters } from 'n8n-workflow';
import { signedHeaders } from '../../fakeLinqApi/webhookDelivery';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { startTriggerHarness, type TriggerHarness } from '../../support/triggerHarness';

describe('the subscription of Linq Phone Numbers Trigger', () => {
	let server: FakeLinqApi;
	const hosts: TriggerHarness[] = [];
	const host = async (
		options: { parameters?: INodeParameters; test?: boolean; protocol?: 'http:' } = {},
	) => {
		const started = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			...options,
		});
		hosts.push(started);
		return started;
	};
	const sent = () => server.requests.map(({ method }) => method);

	beforeEach(async () => {
		server = await startFakeLinqApi({ plainLoopback: true });
	});
	afterEach(async () => {
		await Promise.all(
			hosts.splice(0).map(async ({ close }) => {
				await close();
			}),
		);
		await server.close();
	});

	it('is created when the workflow is activated, and deleted when it is deactivated', async () => {
		const trigger = await host();
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
		// The old secret is kept for what Linq still tries to deliver, see receive.test.ts.
		expect(trigger.saved().signingSecret).toBeUndefined();
	});

	it('is left as it is when the workflow is activated again, and may be deleted twice', async () => {
		const trigger = await host();
		await trigger.activate();
		const [before] = server.subscriptions.all;
		await trigger.restart();
		expect(server.subscriptions.all).toEqual([before]);
		expect(sent()).toEqual(['GET', 'POST', 'GET']);
		await trigger.deactivate();
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
	});

	it('is gone at Linq already: deactivating is fine, activating makes another', async () => {
		const trigger = await host();
		await trigger.activate();
		server.subscriptions.all.splice(0);
		await trigger.deactivate();
		await trigger.activate();
		server.subscriptions.all.splice(0);
		await trigger.restart();
		expect(server.subscriptions.all).toHaveLength(1);
	});

	it('is made anew when its secret is lost', async () => {
		const trigger = await host();
		await trigger.activate();
		const lost = server.subscriptions.all[0]?.signing_secret;
		trigger.save({});
		await trigger.restart();
		expect(server.subscriptions.all).toHaveLength(1);
		expect(server.subscriptions.all[0]?.signing_secret).not.toBe(lost);
		expect(trigger.saved().signingSecret).toBe(server.subscriptions.all[0]?.signing_secret);
	});

	it('is found by its address when its id is lost, and deleted', async () => {
		const trigger = await host();
		await trigger.activate();
		trigger.save({});
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
	});

	it('is deleted by its id where n8n had another address when it was made', async () => {
		const trigger = await host();
		await trigger.activate();
		const [subscription] = server.subscriptions.all;
		if (subscription) subscription.target_url = 'https://old.example.com/webhook';
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
	});

	it('keeps the secrets of the last ten before it', async () => {
		const trigger = await host();
		for (let publish = 0; publish < 12; publish++) {
			await trigger.activate();
			await trigger.deactivate();
		}
		expect(trigger.saved().retired).toHaveLength(10);
	});

	it('is updated when other lines are chosen, also to all lines', async () => {
		const trigger = await host({ parameters: { lines: ['+12025550001', '+12025550002'] } });
		await trigger.activate();
		const [created] = server.subscriptions.all;
		expect(created?.phone_numbers).toEqual(['+12025550001', '+12025550002']);
		trigger.parameters = { lines: ['+1 (202) 555\u20110003\u200b'] };
		await trigger.activate();
		expect(server.subscriptions.all).toEqual([
			expect.objectContaining({ id: created?.id, phone_numbers: ['+12025550003'] }),
		]);
		trigger.parameters = {};
		await trigger.activate();
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual([]);
		expect(sent()).toEqual(['GET', 'POST', 'GET', 'PUT', 'GET', 'PUT']);
	});

	it('takes lines by their IDs as well, which are looked up in the list', async () => {
		const [, second, third] = server.lines;
		const lines = [second?.id.toUpperCase() ?? '', third?.phone_number ?? ''];
		const trigger = await host({ parameters: { lines: lines } });
		await trigger.activate();
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual(['+12025550002', '+12025550003']);
		// To look for a subscription and to make one, each with the list.
		expect(sent()).toEqual(['GET', 'GET', 'GET', 'POST']);
		trigger.parameters = { lines: ['550e8400-e29b-41d4-a716-446655440000'] };
		await expect(trigger.activate()).rejects.toThrow(
			'There is no line with the ID 550e8400-e29b-41d4-a716-446655440000 in this Linq account',
		);
		expect(server.subscriptions.all[0]?.phone_numbers).toEqual(['+12025550002', '+12025550003']);
	});

	it('is updated when its events differ, and switched on when Linq switched it off', async () => {
		const trigger = await host();
		await trigger.activate();
		const [subscription] = server.subscriptions.all;
		if (!subscription) throw new Error('Not created');
		subscription.subscribed_events = ['message.received'];
		await trigger.activate();
		expect(subscription.subscribed_events).toEqual(['phone_number.status_updated']);
		subscription.is_active = false;
		await trigger.activate();
		expect(subscription.is_active).toBe(true);
		expect(sent()).toEqual(['GET', 'POST', 'GET', 'PUT', 'GET', 'PUT']);
	});

	it('leaves other subscriptions of the account alone', async () => {
		const [one, other] = [await host(), await host()];
		await one.activate();
		await other.activate();
		await one.deactivate();
		expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([other.target]);
	});

	it('is refused before Linq is called where the address is not https', async () => {
		const trigger = await host({ protocol: 'http:' });
		const error: unknown = await trigger.activate().catch((thrown: unknown) => thrown);
		expect(error).toMatchObject({
			// n8n shows the message alone where publishing fails.
			message: expect.stringMatching(
				/^n8n's N8N_WEBHOOK_URL \(in older n8n WEBHOOK_URL\) must be a public https address: .* http:\/\/127/,
			) as string,
		});
		// n8n clears up after a failure.
		await trigger.deactivate();
		expect(server.requests).toEqual([]);
	});

	it.each([
		[{ events: [] }, 'No events are chosen'],
		[{ lines: ['2025550001'] }, 'does not begin with + and the country code'],
	])('is refused before Linq is called with %j', async (parameters, message) => {
		const trigger = await host({ parameters });
		await expect(trigger.activate()).rejects.toThrow(message);
		expect(server.requests).toEqual([]);
	});

	it('survives that the answer to its creation is lost', async () => {
		server.faults.push({
			method: 'POST',
			times: 1,
			fault: { kind: 'reset', when: 'afterApplying' },
		});
		const trigger = await host();
		await trigger.activate();
		expect(server.subscriptions.all).toHaveLength(1);
		expect(trigger.saved().signingSecret).toBe(server.subscriptions.all[0]?.signing_secret);
	});

	it('survives that the answer to its deletion is lost', async () => {
		const trigger = await host();
		await trigger.activate();
		server.faults.push({
			method: 'DELETE',
			times: 1,
			fault: { kind: 'reset', when: 'afterApplying' },
		});
		await trigger.deactivate();
		expect(server.subscriptions.all).toEqual([]);
	});

	it('tells in words why it could not be set up or removed', async () => {
		const trigger = await host();
		await trigger.activate();
		server.faults.push({ fault: { kind: 'apiError', code: 2004 } });
		for (const [attempt, doing] of [
			[trigger.activate, 'Could not set up the subscription to changes of lines'],
			[trigger.deactivate, 'Could not remove the subscription to changes of lines'],
		] as const) {
			const error: unknown = await attempt().catch((thrown: unknown) => thrown);
			expect(error).toMatchObject({
				message: expect.stringMatching(new RegExp(`^${doing}: Unauthorized`)) as string,
				description: expect.stringContaining('Check the API key') as string,
			});
			expect(JSON.stringify(error)).not.toContain(server.apiKey);
		}
		expect(server.subscriptions.all).toHaveLength(1);
	});

	it.each([
		['GET', '{}', 'without a list of webhook subscriptions'],
		['POST', '{"id":"1"}', 'without telling its signing secret'],
	])('is not taken for set up by an unexpected answer to %s', async (method, body, message) => {
		server.faults.push({ method, fault: { kind: 'response', status: 200, body } });
		const trigger = await host();
		await expect(trigger.activate()).rejects.toThrow(message);
		expect(trigger.saved().signingSecret).toBeUndefined();
	});

	it('of a test in the editor has an address of its own, and none is left behind', async () => {
		const [live, test] = [await host(), await host({ test: true })];
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
		const answer = await fetch(test.addresses[0] ?? '', {
			method: 'POST',
			headers: forged,
			body: '{}',
		});
		expect(answer.status).toBe(401);
		expect(server.requests).toHaveLength(requests);
		await test.deactivate();
		expect(server.subscriptions.all.map(({ target_url }) => target_url)).toEqual([live.target]);
	});
});
