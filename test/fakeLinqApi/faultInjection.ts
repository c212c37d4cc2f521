import type { FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from './errors';
import { ApiError } from './errors';

/** What goes wrong before, or instead of, the right response. */
export type Fault =
	| { kind: 'apiError'; code: ErrorCode; retryAfter?: number; headers?: Record<string, string> }
	| { kind: 'response'; status: number; headers?: Record<string, string>; body: string }
	| { kind: 'respondAfterApplying'; status: number; headers?: Record<string, string> }
	| { kind: 'reset'; when: 'beforeHeaders' | 'midBody' | 'afterApplying' }
	| { kind: 'hang' }
	| { kind: 'delay'; ms: number }
	/** Waits until the test releases it, then sends the right response or has another fault. */
	| { kind: 'hold'; until: Promise<unknown>; then?: Fault };

/** Which requests a fault hits. */
export interface FaultRule {
	method?: string;
	/** The end of the path. */
	path?: string;
	/** How many requests it hits; all by default. */
	times?: number;
	/** Whether it hits this request; always by default. */
	when?: () => boolean;
	fault: Fault;
}

/** Returns a fault that holds the requests it hits until they are released, and what happens to them then. */
export function holdRequests(then?: Fault): { fault: Fault; release: () => void } {
	let release: () => void = () => undefined;
	const until = new Promise<void>((resolve) => {
		release = resolve;
	});
	return {
		fault: { kind: 'hold', until, then },
		release: () => {
			release();
		},
	};
}

/** Returns the fault that hits a request, and counts it. */
export function matchFault(rules: FaultRule[], method: string, path: string): Fault | undefined {
	const rule = rules.find(
		(candidate) =>
			(candidate.method ?? method) === method &&
			path.endsWith(candidate.path ?? '') &&
			(candidate.times ?? 1) > 0 &&
			(candidate.when?.() ?? true),
	);
	if (rule?.times !== undefined) rule.times--;
	return rule?.fault;
}

/** The responses that replace the handler's, once it has run. */
const overrides = new WeakMap<FastifyRequest, Fault & { kind: 'respondAfterApplying' }>();

/** Returns the body to send: the handler's, or an empty object if a fault replaces the response. */
export function overrideResponse(
	request: FastifyRequest,
	reply: FastifyReply,
	payload: unknown,
): unknown {
	const override = overrides.get(request);
	if (!override) return payload;
	reply.status(override.status).headers(override.headers ?? {});
	return '{}';
}

/** Injects a fault into a request. Then its handler runs, unless a response was sent or the socket is gone. */
export async function injectFault(
	fault: Fault,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<void> {
	const { socket } = request.raw;
	switch (fault.kind) {
		case 'apiError':
			reply.headers(fault.headers ?? {});
			throw new ApiError(fault.code, fault.retryAfter);
		case 'response':
			reply.header('content-type', 'application/json').headers(fault.headers ?? {});
			await reply.status(fault.status).send(fault.body);
			return;
		case 'respondAfterApplying':
			overrides.set(request, fault);
			return;
		case 'reset':
			if (fault.when === 'afterApplying') {
				// The handler runs, but its response finds no socket.
				reply.raw.writeHead = () => {
					socket.resetAndDestroy();
					return reply.raw;
				};
				return;
			}
			reply.hijack();
			if (fault.when === 'midBody') {
				reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
				await new Promise((resolve) => reply.raw.write('{"phone_numbers":[', resolve));
			}
			socket.resetAndDestroy();
			return;
		case 'hang':
			reply.hijack();
			return;
		case 'delay':
			await delay(fault.ms);
			return;
		case 'hold':
			await fault.until;
			if (fault.then) await injectFault(fault.then, request, reply);
	}
}

/** Returns numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
