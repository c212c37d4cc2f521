import { setTimeout as delay } from 'node:timers/promises';
import type { FakeLinqApi } from '../fakeLinqApi/server.js';
import { statusUpdated } from '../fakeLinqApi/events.js';
import type { Subscription } from '../fakeLinqApi/webhookDelivery.js';
import { signedHeaders } from '../fakeLinqApi/webhookDelivery.js';

/** Linq retries for 25 minutes; a test has less time. */
const RETRY_FOR_MS = 100_000;
const RETRY_AFTER_MS = 2_000;
/** A process that is killed never responds. */
const RESPONSE_TIMEOUT_MS = 20_000;

/** The outcome of an event. */
export type Outcome = 'acknowledged' | 'not subscribed' | `rejected with ${number}` | 'given up';

/** Returns a new event each time. */
export function newEvent() {
	return statusUpdated({ phone_number: '+12025550001', reputation: ['HEALTHY', 'AT_RISK'] });
}

/** Sends one delivery, and returns the status; undefined if no response came in time. */
export async function post(
	address: string,
	secret: string,
	event: ReturnType<typeof newEvent>,
	at = new Date(),
	timeoutMs = RESPONSE_TIMEOUT_MS,
): Promise<number | undefined> {
	const body = JSON.stringify(event);
	const headers = signedHeaders(secret, `msg_${event.event_id}`, body, at);
	const signal = AbortSignal.timeout(timeoutMs);
	const request = { method: 'POST', headers, body, signal };
	const response = await fetch(address, request).catch(() => undefined);
	return response?.status;
}

/** Returns a subscription's address as it can be called on this machine: by http. */
export function callable({ target_url }: Subscription): string {
	return target_url.replace('https:', 'http:');
}

/** Delivers an event to the one subscriber as Linq does, with retries after 5xx, 429 and connection failures. */
export async function deliver(
	linq: FakeLinqApi,
	event = newEvent(),
	onRetry?: () => void,
): Promise<Outcome> {
	const [subscription] = linq.subscriptions.all;
	if (!subscription) return 'not subscribed';
	const start = Date.now();
	while (Date.now() - start < RETRY_FOR_MS) {
		const status = await post(callable(subscription), subscription.signing_secret, event);
		if (status === 200) return 'acknowledged';
		if (status !== undefined && status < 500 && status !== 429) return `rejected with ${status}`;
		await delay(RETRY_AFTER_MS);
		onRetry?.();
	}
	return 'given up';
}

/** Delivers events at a rate; `stop` ends that, and returns the outcome of each by its ID. */
export function deliverSteadily(
	linq: FakeLinqApi,
	requestsPerSecond: number,
): { retried: Set<string>; stop: () => Promise<Map<string, Outcome>> } {
	const outcomes = new Map<string, Promise<Outcome>>();
	const retried = new Set<string>();
	const timer = setInterval(() => {
		const event = newEvent();
		const id = event.event_id;
		outcomes.set(
			id,
			deliver(linq, event, () => retried.add(id)),
		);
	}, 1_000 / requestsPerSecond);
	return {
		retried,
		stop: async () => {
			clearInterval(timer);
			return new Map(
				await Promise.all([...outcomes].map(async ([id, outcome]) => [id, await outcome] as const)),
			);
		},
	};
}
