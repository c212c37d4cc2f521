import type { FastifyInstance, FastifyRequest } from 'fastify';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { ApiError } from './errors';

/** Linq tries up to 10 times over about 25 minutes; here it is all over in two seconds. */
const MOST_TRIES = 10;
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 400;

export interface Subscription {
	id: string;
	target_url: string;
	subscribed_events: string[];
	phone_numbers: string[] | null;
	is_active: boolean;
	created_at: string;
	updated_at: string;
	/** Shown in the answer to POST alone. */
	signing_secret: string;
}

/** An event as Linq sends it. */
export interface Envelope {
	[field: string]: unknown;
	event_type: string;
	data: { phone_number: string; [field: string]: unknown };
}

/** What became of an event at one subscription. */
export interface Delivery {
	/** The status of the last answer; undefined where none came. */
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
	/** Sends an event to whoever subscribed to it. The same id means the same event again. */
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
 * The API's webhook subscriptions, and their deliveries.
 *
 * @param plainLoopback lets targets on loopback be reached without https, also when they say https
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
			const wanted = all.filter(
				({ is_active, subscribed_events, phone_numbers }) =>
					is_active &&
					subscribed_events.includes(envelope.event_type) &&
					(!phone_numbers?.length || phone_numbers.includes(envelope.data.phone_number)),
			);
			const body = JSON.stringify(envelope);
			return await Promise.all(
				wanted.map(async ({ target_url, signing_secret }) => {
					const target = plainLoopback
						? target_url.replace('https://127.0.0.1', 'http://127.0.0.1')
						: target_url;
					return await deliverTo(target, signing_secret, webhookId, body);
				}),
			);
		},
	};
}

/** The headers of a signed delivery. */
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

/** Tries until an answer is neither 5xx nor 429. */
async function deliverTo(
	target: string,
	secret: string,
	webhookId: string,
	body: string,
): Promise<Delivery> {
	for (let tries = 1; ; tries++) {
		const answer = await fetch(target, {
			method: 'POST',
			headers: signedHeaders(secret, webhookId, body),
			body,
		}).catch(() => undefined);
		const again = !answer || answer.status >= 500 || answer.status === 429;
		if (!again || tries === MOST_TRIES) return { status: answer?.status, tries };
		await delay(Math.min(FIRST_PAUSE_MS * 2 ** tries, LONGEST_PAUSE_MS));
	}
}

function withoutSecret(subscription: Subscription): Partial<Subscription> {
	return { ...subscription, signing_secret: undefined };
}
