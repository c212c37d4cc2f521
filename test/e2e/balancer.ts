import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';

export interface Balancer {
	address: string;
	stop: () => Promise<void>;
}

/** Hands requests to several servers in turn, as a load balancer does; a server that is not there is passed over. */
export async function startBalancer(targets: string[]): Promise<Balancer> {
	let next = 0;
	const app = Fastify({ bodyLimit: 20_000_000 });
	await app.register(httpProxy, {
		upstream: '',
		replyOptions: {
			getUpstream: () => targets[next++ % targets.length] ?? '',
		},
	});
	const address = await app.listen({ host: '127.0.0.1', port: 0 });
	return {
		address,
		stop: async () => {
			await app.close();
		},
	};
}
