import rateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { PhoneNumber } from '../../nodes/shared/linq/phoneNumber';
import type { ErrorCode } from './errors';
import { ApiError } from './errors';
import type { FaultRule } from './faultInjection';
import { injectFault, matchFault, overrideResponse } from './faultInjection';
import { exampleLines, reputation } from './fixtures';
import { statusUpdated } from './events';
import type { Delivery, Subscriptions } from './webhookDelivery';
import { addSubscriptions } from './webhookDelivery';

export interface RecordedRequest {
	method: string;
	/** Without the base URL's path. */
	path: string;
	headers: IncomingHttpHeaders;
	body: unknown;
	/** Milliseconds, by performance.now(). */
	at: number;
}

/** A request to write a line. */
export interface Write {
	id: string;
	/** The requested number. */
	to: string | null;
	/** What the line was forwarded to before and after. */
	before: string | null;
	after: string | null;
}

/** A running local Linq API, with what a test may look at and change. */
export interface FakeLinqApi {
	/** Like `https://api.linqapp.com/api/partner`, on loopback. */
	baseUrl: string;
	apiKey: string;
	/** The account's lines, live: a test may look at them and change them. */
	lines: PhoneNumber[];
	/** Every request that came in. */
	requests: RecordedRequest[];
	/** Every request to write a line that came as far as the line. */
	writes: Write[];
	/** What goes wrong: the first rule that matches a request. */
	faults: FaultRule[];
	subscriptions: Subscriptions;
	/** Gives a line another reputation, and delivers the event to the subscribers. */
	changeReputation: (phoneNumber: string, status: string) => Promise<Delivery[]>;
	/** How many requests have no response yet. */
	inFlight: () => number;
	/** The most that had none at the same time. */
	maxInFlight: () => number;
	close: () => Promise<void>;
}

const PREFIX = '/api/partner';
const UUID = '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
const E164 = /^\+[1-9]\d{6,14}$/;

/** Starts a Linq API that keeps its lines in memory. See https://docs.linqapp.com/guides/phone-numbers/ */
export async function startFakeLinqApi(
	options: {
		port?: number;
		apiKey?: string;
		lines?: PhoneNumber[];
		/** How many requests are allowed a second; more get 429 with a Retry-After of a second. No limit by default. */
		requestsPerSecond?: number;
		/** How long each response is delayed, in milliseconds. */
		responseDelayMs?: number;
		/** Delivers to subscribers on loopback without https. */
		plainLoopback?: boolean;
	} = {},
): Promise<FakeLinqApi> {
	const apiKey = options.apiKey ?? 'local-linq-api-key';
	const lines = options.lines ?? exampleLines();
	const requests: RecordedRequest[] = [];
	const writes: Write[] = [];
	const faults: FaultRule[] = [];
	let inFlight = 0;
	let maxInFlight = 0;

	const app = Fastify({
		forceCloseConnections: true,
		genReqId: () => randomUUID().replaceAll('-', ''),
		ajv: { customOptions: { coerceTypes: false } },
	});

	if (options.requestsPerSecond !== undefined) {
		await app.register(rateLimit, {
			max: options.requestsPerSecond,
			timeWindow: 1_000,
			keyGenerator: ({ headers }) => headers.authorization ?? '',
			// After the request has been recorded.
			hook: 'preParsing',
			errorResponseBuilder: () => new ApiError(1007, 1),
		});
	}
	app.addHook('onRequest', async (request, reply) => {
		// Node.js caches its Date header for a second, and does not follow a test's fake time.
		reply.headers({ 'x-trace-id': request.id, date: new Date().toUTCString() });
		maxInFlight = Math.max(maxInFlight, ++inFlight);
		reply.raw.once('close', () => inFlight--);
		await Promise.resolve();
	});
	app.addHook('preParsing', async (request, reply) => {
		const path = request.url.replace(PREFIX, '');
		const { method, headers } = request;
		requests.push({ method, path, headers, body: undefined, at: performance.now() });
		const fault = matchFault(faults, method, path);
		if (fault) await injectFault(fault, request, reply);
		if (headers.authorization !== `Bearer ${apiKey}`) throw new ApiError(2004);
	});
	app.addHook('preValidation', async (request) => {
		const recorded = requests.findLast(({ headers }) => headers === request.headers);
		if (recorded) recorded.body = request.body;
		await Promise.resolve();
	});
	app.addHook('onSend', async (request, reply, payload) => {
		if (options.responseDelayMs) await delay(options.responseDelayMs);
		return overrideResponse(request, reply, payload);
	});
	app.setErrorHandler(async (error, request, reply) => {
		const known = error instanceof ApiError ? error : new ApiError(codeOf(error));
		if (known.retryAfter !== undefined && !reply.hasHeader('retry-after')) {
			reply.header('retry-after', String(known.retryAfter));
		}
		await reply.status(known.status).send(known.body(request.id));
	});
	app.setNotFoundHandler(() => {
		throw new ApiError(2001);
	});

	app.get(
		`${PREFIX}/v3/phone_numbers`,
		async () => await Promise.resolve({ phone_numbers: lines }),
	);

	app.put(
		`${PREFIX}/v3/phone_numbers/:id`,
		{
			schema: {
				params: { type: 'object', properties: { id: { type: 'string', pattern: UUID } } },
				body: {
					type: 'object',
					required: ['forwarding_number'],
					properties: { forwarding_number: { type: ['string', 'null'] } },
				},
			},
		},
		async (
			request: FastifyRequest<{
				Params: { id: string };
				Body: { forwarding_number: string | null };
			}>,
		) => {
			const line = lines.find(({ id }) => id === request.params.id.toLowerCase());
			if (!line) throw new ApiError(2001);
			const forwarding = request.body.forwarding_number;
			if (forwarding && !E164.test(forwarding)) throw new ApiError(1002);
			const before = line.forwarding_number ?? null;
			line.forwarding_number = forwarding || null;
			const { id, phone_number, forwarding_number } = line;
			writes.push({ id, to: forwarding || null, before, after: forwarding_number });
			return await Promise.resolve({ id, phone_number, forwarding_number });
		},
	);

	const subscriptions = addSubscriptions(
		app,
		`${PREFIX}/v3/webhook-subscriptions`,
		options.plainLoopback ?? false,
	);

	const address = await app.listen({
		host: '127.0.0.1',
		port: options.port ?? 0,
	});
	return {
		baseUrl: `${address}${PREFIX}`,
		apiKey,
		lines,
		requests,
		writes,
		faults,
		subscriptions,
		changeReputation: async (phoneNumber, status) => {
			const line = lines.find(({ phone_number }) => phone_number === phoneNumber);
			if (!line) throw new ApiError(2001);
			const previous = (line.reputation ?? line.health_status)?.status ?? 'HEALTHY';
			line.reputation = reputation(status);
			line.health_status = reputation(status);
			return await subscriptions.deliver(
				statusUpdated({ phone_number: phoneNumber, reputation: [previous, status] }),
			);
		},
		inFlight: () => inFlight,
		maxInFlight: () => maxInFlight,
		close: async () => {
			await app.close();
		},
	};
}

/** Returns the API's code for what Fastify found wrong with a request. */
function codeOf(error: unknown): ErrorCode {
	if (!(error instanceof Error)) return 3006;
	if ('validation' in error && Array.isArray(error.validation)) {
		if ('validationContext' in error && error.validationContext === 'params') return 1005;
		return /required/.test(error.message) ? 1001 : 1003;
	}
	return 'statusCode' in error && error.statusCode === 400 ? 1003 : 3006;
}
