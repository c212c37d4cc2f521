import Fastify from 'fastify';

/** Counts the events that the workflows under test post to it, which proves that they ran. */
export interface EventSink {
	address: string;
	/** How often each id was posted. */
	times: Map<string, number>;
	stop: () => Promise<void>;
}

/** Starts an event sink on loopback. */
export async function startEventSink(): Promise<EventSink> {
	const times = new Map<string, number>();
	const app = Fastify();
	app.post<{ Body: { id: string } }>('/', async ({ body }) => {
		times.set(body.id, (times.get(body.id) ?? 0) + 1);
		return await Promise.resolve({});
	});
	const address = await app.listen({ host: '127.0.0.1', port: 0 });
	return {
		address,
		times,
		stop: async () => {
			await app.close();
		},
	};
}
