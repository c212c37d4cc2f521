import type { FastifyReply, FastifyRequest } from 'fastify';
import { setTimeout as delay } from 'node:timers/promises';
import type { ErrorCode } from './errors';
import { ApiError } from './errors';

/** What goes wrong instead of, or before, the right answer. */
export type Mishap =
	| { kind: 'apiError'; code: ErrorCode; retryAfter?: number; headers?: Record<string, string> }
	| { kind: 'answer'; status: number; headers?: Record<string, string>; body: string }
	| { kind: 'answerAfterApplying'; status: number; headers?: Record<string, string> }
	| { kind: 'reset'; when: 'beforeHeaders' | 'midBody' | 'afterApplying' }
	| { kind: 'hang' }
	| { kind: 'delay'; ms: number };

export interface Fault {
	method?: string;
	/** The end of the path. */
	path?: string;
	/** How many requests it hits; all by default. */
	times?: number;
	/** Whether it hits this request; always by default. */
	when?: () => boolean;
	mishap: Mishap;
}

/** The fault that hits a request, used up by one. */
export function takeFault(faults: Fault[], method: string, path: string): Mishap | undefined {
	const fault = faults.find(
		(candidate) =>
			(candidate.method ?? method) === method &&
			path.endsWith(candidate.path ?? '') &&
			(candidate.times ?? 1) > 0 &&
			(candidate.when?.() ?? true),
	);
	if (fault?.times !== undefined) fault.times--;
	return fault?.mishap;
}

/** What is answered in place of what the handler says, once that has run. */
const lateAnswers = new WeakMap<FastifyRequest, Mishap & { kind: 'answerAfterApplying' }>();

/** Answers what is to be sent: the handler's payload, or nothing where the answer was replaced. */
export function lateAnswer(
	request: FastifyRequest,
	reply: FastifyReply,
	payload: unknown,
): unknown {
	const late = lateAnswers.get(request);
	if (!late) return payload;
	reply.status(late.status).headers(late.headers ?? {});
	return '{}';
}

/** Lets a mishap happen. Afterwards the request goes on to its handler, unless an answer was sent or the socket is gone. */
export async function happen(
	mishap: Mishap,
	request: FastifyRequest,
	reply: FastifyReply,
): Promise<void> {
	const { socket } = request.raw;
	switch (mishap.kind) {
		case 'apiError':
			reply.headers(mishap.headers ?? {});
			throw new ApiError(mishap.code, mishap.retryAfter);
		case 'answer':
			reply.header('content-type', 'application/json').headers(mishap.headers ?? {});
			await reply.status(mishap.status).send(mishap.body);
			return;
		case 'answerAfterApplying':
			lateAnswers.set(request, mishap);
			return;
		case 'reset':
			if (mishap.when === 'afterApplying') {
				// The handler runs, but its answer finds no socket.
				reply.raw.writeHead = () => {
					socket.resetAndDestroy();
					return reply.raw;
				};
				return;
			}
			reply.hijack();
			if (mishap.when === 'midBody') {
				reply.raw.writeHead(200, { 'content-type': 'application/json', 'content-length': 1_000 });
				reply.raw.write('{"phone_numbers":[');
				await delay(20);
			}
			socket.resetAndDestroy();
			return;
		case 'hang':
			reply.hijack();
			return;
		case 'delay':
			await delay(mishap.ms);
	}
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
