import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { ApiError } from './errors';

/** Linq makes up to 10 attempts over about 25 minutes; here all take about two seconds. */
const MAX_ATTEMPTS = 10;
const BASE_BACKOFF_MS = 10;
const MAX_BACKOFF_MS = 400;

export interface Subscription {
	id: string;
	target_url: string;
	subscribed_events: string[];
	phone_numbers: string[] | null;
	is_active: boolean;
	created_at: string;
	updated_at: string;
	/** Only in the response to POST. */
	signing_secret: string;
}

/** An event as Linq sends it. */
export interface Envelope {
	[field: string]: unknown;
	event_type: string;
	data: { phone_number: string; [field: string]: unknown };
}

/** The outcome of an event at one subscription. */
export interface Delivery {
	/** The status of the last response; undefined if there was none. */
	status?: number;
	tries: number;
}

interface Changes {
	target_url?: string;
	subscribed_events?: string[];
	phone_numbers?: string[] | null;
	is_active?: boolean;
}

export interface Subscriptions {
	all: Subscription[];
	/** Delivers an event to its subscribers. The same id makes it a duplicate delivery. */
	deliver: (envelope: Envelope, webhookId?: string) => Promise<Delivery[]>;
}

const CHANGES = {
	target_url: { type: 'string' },
	subscribed_events: { type: 'array', minItems: 1, items: { type: 'string' } },
	phone_numbers: {
		type: ['array', 'null'],
		items: { type: 'string', pattern: '^\\+[1-9]\\d{6,14}$' },
	},
	is_active: { type: 'boolean' },
};

/**
 * Adds the API's webhook subscriptions to a server, and returns them with a function that delivers events.
 *
 * @param plainLoopback delivers to targets on loopback without https, even if their URL says https
 * @see https://docs.linqapp.com/guides/webhooks/
 */
export function addSubscriptions(
	app: FastifyInstance,
	url: string,
	plainLoopback: boolean,
): Subscriptions {
	const all: Subscription[] = [];

	const checkTarget = (target: string, self?: Subscription) => {
		const { protocol, hostname } = URL.canParse(target) ? new URL(target) : {};
		const secure = protocol === 'https:' || (plainLoopback && hostname === '127.0.0.1');
		const taken = all.some((other) => other !== self && other.target_url === target);
		if (!secure || taken) throw new ApiError(1005);
	};
	const find = (request: FastifyRequest<{ Params: { id: string } }>) => {
		const found = all.find(({ id }) => id === request.params.id);
		if (!found) throw new ApiError(2001);
		return found;
	};

	app.post(
		url,
		{
			schema: {
				body: {
					type: 'object',
					required: ['target_url', 'subscribed_events'],
					properties: CHANGES,
				},
			},
		},
		async (
			request: FastifyRequest<{
				Body: Changes & { target_url: string; subscribed_events: string[] };
			}>,
			reply,
		) => {
			const { target_url, subscribed_events, phone_numbers } = request.body;
			checkTarget(target_url);
			const now = new Date().toISOString();
			const subscription: Subscription = {
				id: randomUUID(),
				target_url,
				subscribed_events,
				phone_numbers: phone_numbers ?? null,
				is_active: true,
				created_at: now,
				updated_at: now,
				signing_secret: `whsec_${randomBytes(24).toString('base64')}`,
			};
			all.push(subscription);
			await reply.status(201).send(subscription);
		},
	);
	app.get(url, async () => await Promise.resolve({ subscriptions: all.map(withoutSecret) }));
	app.get(
		`${url}/:id`,
		async (request: FastifyRequest<{ Params: { id: string } }>) =>
			await Promise.resolve(withoutSecret(find(request))),
	);
	app.put(
		`${url}/:id`,
		{ schema: { body: { type: 'object', properties: CHANGES } } },
		async (request: FastifyRequest<{ Params: { id: string }; Body: Changes }>) => {
			const subscription = find(request);
			const { target_url, subscribed_events, phone_numbers, is_active } = request.body;
			if (target_url !== undefined) checkTarget(target_url, subscription);
			Object.assign(subscription, {
				target_url: target_url ?? subscription.target_url,
				subscribed_events: subscribed_events ?? subscription.subscribed_events,
				phone_numbers: phone_numbers === undefined ? subscription.phone_numbers : phone_numbers,
				is_active: is_active ?? subscription.is_active,
				updated_at: new Date().toISOString(),
			});
			return await Promise.resolve(withoutSecret(subscription));
		},
	);
	app.delete(`${url}/:id`, async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
		all.splice(all.indexOf(find(request)), 1);
		await reply.status(204).send();
	});

	return {
		all,
		deliver: async (envelope, webhookId = `msg_${randomUUID()}`) => {
			const subscribers = all.filter(
				({ is_active, subscribed_events, phone_numbers }) =>
					is_active &&
					subscribed_events.includes(envelope.event_type) &&
					(!phone_numbers?.length || phone_numbers.includes(envelope.data.phone_number)),
			);
			const body = JSON.stringify(envelope);
			return await Promise.all(
				subscribers.map(async ({ target_url, signing_secret }) => {
					const target = plainLoopback
						? target_url.replace('https://127.0.0.1', 'http://127.0.0.1')
						: target_url;
					return await deliverTo(target, signing_secret, webhookId, body);
				}),
			);
		},
	};
}

/** Returns the headers of a signed delivery. */
export function signedHeaders(
	secret: string,
	webhookId: string,
	body: string,
	at = new Date(),
): Record<string, string> {
	return {
		'content-type': 'application/json',
		'webhook-id': webhookId,
		'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
		'webhook-signature': new Webhook(secret).sign(webhookId, at, body),
	};
}

/** Delivers an event, and retries until a response is neither 5xx nor 429. */
async function deliverTo(
	target: string,
	secret: string,
	webhookId: string,
	body: string,
): Promise<Delivery> {
	for (let tries = 1; ; tries++) {
		const response = await fetch(target, {
			method: 'POST',
			headers: signedHeaders(secret, webhookId, body),
			body,
		}).catch(() => undefined);
		const isRetryable = !response || response.status >= 500 || response.status === 429;
		if (!isRetryable || tries === MAX_ATTEMPTS) return { status: response?.status, tries };
		await delay(Math.min(BASE_BACKOFF_MS * 2 ** tries, MAX_BACKOFF_MS));
	}
}

function withoutSecret(subscription: Subscription): Partial<Subscription> {
	return { ...subscription, signing_secret: undefined };
}
