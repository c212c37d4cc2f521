import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

export interface LoadBalancer {
	address: string;
	stop: () => Promise<void>;
}

const SECONDS_BETWEEN_CHECKS = 0.5;

/**
 * Starts a load balancer: a round robin over the n8n processes whose readiness check succeeds. A process that has just
 * started accepts requests before it knows its webhooks, and would respond with 404.
 */
export async function startLoadBalancer(targets: string[]): Promise<LoadBalancer> {
	let ready: string[] = [];
	const check = async () => {
		const checks = targets.map(async (target) => {
			const response = await fetch(`${target}/healthz/readiness`).catch(() => undefined);
			return response?.ok ? [target] : [];
		});
		ready = (await Promise.all(checks)).flat();
	};
	const timer = setInterval(() => void check(), SECONDS_BETWEEN_CHECKS * 1_000);
	let next = 0;
	const app = Fastify({ bodyLimit: 20_000_000 });
	await app.register(httpProxy, {
		upstream: '',
		replyOptions: {
			getUpstream: () => ready[next++ % ready.length] ?? '',
		},
	});
	const address = await app.listen({ host: '127.0.0.1', port: 0 });
	return {
		address,
		stop: async () => {
			clearInterval(timer);
			await app.close();
		},
	};
}
