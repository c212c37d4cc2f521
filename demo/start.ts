import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { cacheFolder } from './installN8n.js';
import { exampleCredentials, openLinqApi } from './linqApi.js';
import { prepareN8n } from './n8nHost.js';

/** Starts n8n's editor with the node, the credentials and the examples, until Ctrl-C. */
async function start(): Promise<void> {
	const linq = await openLinqApi();
	const n8n = await prepareN8n(join(cacheFolder, 'editor'), { port: 5678 });
	const key = randomUUID();
	await n8n.importCredentials(exampleCredentials(linq, key));
	const examples = (await readdir('examples')).filter((file) => file.endsWith('.json'));
	for (const file of examples) await n8n.importExample(file);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		process.once(signal, () => void n8n.stop().then(() => linq.local?.close()));
	}
	const address = await n8n.start();
	console.log(`n8n's editor is at ${address} (it asks for an account, for this n8n only; any e-mail will do)
${linq.local ? `A Linq API credential of your own: API key ${linq.apiKey}, base URL ${linq.baseUrl}\n` : ''}The examples' webhooks require a header, the forwarding's X-On-Call-Key and the healthy line's X-Line-Key: ${key}
Webhook addresses in the editor say https, as Linq requires; on this machine, call them by http.
Ctrl-C ends it.`);
}

start().catch((error: unknown) => {
	console.error(`n8n could not be started: ${String(error)}`);
	process.exitCode = 1;
});
