import { scenarios } from './unhandledRejections';

/**
 * Runs the scenarios in a Node.js process of its own, and reports unhandled rejections to its parent. In jest's sandbox
 * no handler for them fires.
 */
async function main(): Promise<void> {
	for (const [name, scenario] of Object.entries(scenarios)) {
		const unhandled: string[] = [];
		// With --unhandled-rejections=strict, an unhandled rejection is an uncaught exception.
		const record = (error: unknown) => unhandled.push(String(error));
		process.on('uncaughtException', record);
		const status = await scenario();
		// Rejections are reported once the microtasks are done.
		await new Promise((resolve) => setImmediate(resolve));
		process.off('uncaughtException', record);
		process.send?.({ name, status, unhandled });
	}
	// n8n 1.123 has intervals that would keep the process alive.
	process.once('disconnect', () => process.exit());
	process.disconnect();
}

void main();
