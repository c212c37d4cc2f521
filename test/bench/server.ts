import { manyLines } from '../linqServer/lines';
import { startLinqServer } from '../linqServer/server';

/** Serves as many lines as the argument says, in a process of its own, as the real API does. */
async function serve(): Promise<void> {
	const { baseUrl, apiKey } = await startLinqServer({ lines: manyLines(Number(process.argv[2])) });
	process.send?.({ baseUrl, apiKey });
}

void serve();
