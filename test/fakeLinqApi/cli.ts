import { startFakeLinqApi } from './server';

async function main() {
	const server = await startFakeLinqApi({ port: Number(process.env.PORT ?? 3000) });
	console.log(`A local Linq API is running. In n8n's Linq API credential, enter:
  API key   ${server.apiKey}
  Base URL  ${server.baseUrl}
Its lines, kept in memory until Ctrl-C:`);
	for (const { phone_number, reputation, health_status } of server.lines) {
		console.log(`  ${phone_number}  ${(reputation ?? health_status)?.status ?? ''}`);
	}
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void server.close());
	}
}

void main();
