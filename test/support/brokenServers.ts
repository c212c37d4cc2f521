import { once } from 'node:events';
import type { ServerOptions } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createRawServer } from 'node:net';

/** A server on loopback that never sends a right response. */
export interface BrokenServer {
	port: number;
	/** How many connections there were. */
	connections: () => number;
	close: () => Promise<void>;
}

/** Starts a TCP server that calls a function with the socket when the first bytes of a request arrive. */
export async function rawServer(respond: (socket: Socket) => void): Promise<BrokenServer> {
	return await listening(
		createRawServer((socket) => {
			socket.on('error', () => undefined);
			socket.once('data', () => {
				respond(socket);
			});
		}),
	);
}

/** Starts a web server that speaks TLS only. */
export async function tlsServer(options: ServerOptions): Promise<BrokenServer> {
	return await listening(createServer(options, (_, response) => response.end('{}')));
}

async function listening(server: Server): Promise<BrokenServer> {
	const sockets = new Set<Socket>();
	let connections = 0;
	server.on('connection', (socket: Socket) => {
		connections++;
		sockets.add(socket);
		socket.once('close', () => sockets.delete(socket));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		port: (server.address() as AddressInfo).port,
		connections: () => connections,
		close: async () => {
			for (const socket of sockets) socket.destroy();
			server.close();
			await once(server, 'close');
		},
	};
}
