import { statusUpdated } from '../../fakeLinqApi/events';
import { signedHeaders } from '../../fakeLinqApi/webhookDelivery';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { captureLog } from '../../support/captureLog';
import { startTriggerHarness, type TriggerHarness } from '../../support/triggerHarness';

const LINE = '+12025550001';
const FORGED_SECRET = 'whsec_c3RyYW5nZXItc3RyYW5nZXItc3RyYW5nZXI=';

describe("The trigger's lines in n8n's log", () => {
	const readLog = captureLog();
	let server: FakeLinqApi;
	let trigger: TriggerHarness;
	const body = JSON.stringify(
		statusUpdated({ phone_number: LINE, reputation: ['HEALTHY', 'AT_RISK'] }),
	);
	const secret = () => server.subscriptions.all[0]?.signing_secret ?? '';
	/** Makes the subscription old: within half an hour, a renamed trigger may have had another secret. */
	const makeOld = () => {
		const [subscription] = server.subscriptions.all;
		if (subscription) subscription.created_at = new Date(0).toISOString();
	};
	const post = async (headers: Record<string, string>) =>
		await fetch(trigger.addresses[0] ?? '', { method: 'POST', headers, body });
	const signed = (by: string, at = new Date()) => signedHeaders(by, 'msg_1', body, at);

	beforeAll(async () => {
		server = await startFakeLinqApi({ plainLoopback: true });
		trigger = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		await trigger.activate();
		makeOld();
	});
	afterAll(async () => {
		await trigger.close();
		await server.close();
	});

	it.each<[string, () => Promise<unknown>, string]>([
		['a request without a signature', async () => await post({}), 'without a signature'],
		[
			'a forged request',
			async () => await post(signed(FORGED_SECRET)),
			'rejected requests with a wrong signature',
		],
		[
			'an old request, or a wrong clock',
			async () => await post(signed(secret(), new Date(Date.now() - 400_000))),
			'Check the clock',
		],
	])('%s: one line that names the workflow and the node', async (_, call, words) => {
		for (let calls = 0; calls < 3; calls++) await call();
		const log = await readLog(words);
		const lines = log.split('\n').filter((line) => line.includes(words));
		expect(lines.map((line) => (JSON.parse(line) as { message: string }).message)).toEqual([
			expect.stringMatching(
				/Linq Phone Numbers: trigger "Trigger" in workflow "Alerts" \(ID workflow \d+\) rejected/,
			),
		]);
	});

	it.each<[string, () => void, string]>([
		[
			'that delivers to another address',
			() => {
				const [subscription] = server.subscriptions.all;
				if (subscription) subscription.target_url = 'https://old.example.com/';
			},
			'found the subscription',
		],
		[
			'of another account',
			() => {
				server.subscriptions.all.length = 0;
			},
			'did not find its subscription',
		],
	])('a subscription %s: names its ID', async (_, change, words) => {
		const { id } = server.subscriptions.all[0] ?? {};
		change();
		await trigger.deactivate();
		expect(await readLog(words)).toContain(`${words} ${id ?? ''} `);
		server.subscriptions.all.length = 0;
		await trigger.activate();
		makeOld();
	});

	it('a wrong signature just after publishing, which gets a 503', async () => {
		const published = await startTriggerHarness({
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
		});
		await published.activate();
		const response = await fetch(published.addresses[0] ?? '', {
			method: 'POST',
			headers: signed(FORGED_SECRET),
			body,
		});
		expect(response.status).toBe(503);
		const ofThisTrigger = `(ID ${published.workflowId}) rejected requests with a wrong signature`;
		expect(await readLog(ofThisTrigger)).toContain('a proxy in front of n8n that changes the body');
		await published.close();
		server.subscriptions.all.splice(1);
	});

	it('a stale secret: says what happened, without the key, a secret or a phone number', async () => {
		await trigger.restart();
		const lost = secret();
		trigger.save({});
		makeOld();
		await post(signed(lost));
		const log = await readLog('had a stale signing secret, and has repaired it');
		expect(log).toContain('There is nothing to do: Linq retries what was not accepted.');
		for (const hidden of [server.apiKey, lost, secret(), 'whsec_', LINE]) {
			expect(log).not.toContain(hidden);
		}
	});
});
