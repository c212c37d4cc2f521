import type { FakeLinqApi } from '../test/fakeLinqApi/server.js';
import { startFakeLinqApi } from '../test/fakeLinqApi/server.js';

/** The Linq API that the demo works with. */
export interface LinqApiInUse {
	baseUrl: string;
	apiKey: string;
	/** The local server; absent with the real API, whose lines are never changed. */
	local?: FakeLinqApi;
}

/** Returns the real API if the environment variables of Linq's own SDK have its key; else starts a local one. */
export async function openLinqApi(): Promise<LinqApiInUse> {
	const { LINQ_API_V3_API_KEY: apiKey, LINQ_API_V3_BASE_URL: baseUrl } = process.env;
	if (apiKey) return { apiKey, baseUrl: baseUrl ?? 'https://api.linqapp.com/api/partner' };
	// n8n runs on this machine as well: deliveries need no https.
	const local = await startFakeLinqApi({ plainLoopback: true });
	return { apiKey: local.apiKey, baseUrl: local.baseUrl, local };
}

/**
 * Returns the credentials that the examples refer to, except for those of a model and of Google.
 *
 * @param key the secret that callers of the examples' webhooks send
 */
export function exampleCredentials({ apiKey, baseUrl }: LinqApiInUse, key: string): object[] {
	return [
		{ id: 'linqApi', name: 'Linq API', type: 'linqApi', data: { apiKey, baseUrl } },
		{
			id: 'onCallKey',
			name: 'On-call key',
			type: 'httpHeaderAuth',
			data: { name: 'X-On-Call-Key', value: key },
		},
		{
			id: 'healthyLineKey',
			name: 'Healthy line key',
			type: 'httpHeaderAuth',
			data: { name: 'X-Line-Key', value: key },
		},
	];
}
