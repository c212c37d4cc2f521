import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

export interface LoadBalancer {
	address: string;
	stop: () => Promise<void>;
}

const SECONDS_BETWEEN_LOOKS = 0.5;

/**
 * Hands requests to several n8n processes in turn, as a load loadBalancer does: those whose health check last answered.
 * (One that starts is there before it knows its webhooks, and would answer 404.)
 */
export async function startLoadBalancer(targets: string[]): Promise<LoadBalancer> {
	let ready: string[] = [];
	const look = async () => {
		const looks = targets.map(async (target) => {
			const answer = await fetch(`${target}/healthz/readiness`).catch(() => undefined);
			return answer?.ok ? [target] : [];
		});
		ready = (await Promise.all(looks)).flat();
	};
	const looking = setInterval(() => void look(), SECONDS_BETWEEN_LOOKS * 1_000);
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
			clearInterval(looking);
			await app.close();
		},
	};
}
