import { LinqError } from './linqError';
import { WEBHOOK_VERSION } from './statusUpdatedEvent';

/** Returns the URL for Linq to deliver to at a webhook address: with the payload version that this package reads. */
export function toTargetUrl(webhookUrl: string): string {
	return `${webhookUrl}?version=${WEBHOOK_VERSION}`;
}

/**
 * Returns the URL for Linq to deliver to, if it can.
 *
 * @throws LinqError if the address is not public, not https, or has a query already
 * @see https://docs.linqapp.com/guides/webhooks/
 */
export function parseTargetUrl(webhookUrl: string): string {
	const { protocol, hostname = '', search } = URL.canParse(webhookUrl) ? new URL(webhookUrl) : {};
	const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost');
	if (protocol === 'https:' && !isLocal && search === '') return toTargetUrl(webhookUrl);
	// All in the message: n8n shows nothing else if publishing fails.
	throw new LinqError(
		`n8n's N8N_WEBHOOK_URL (in older n8n WEBHOOK_URL) must be a public https address without a query: Linq cannot deliver to ${webhookUrl}`,
		{
			description:
				"Set n8n's environment variable N8N_WEBHOOK_URL (in older n8n WEBHOOK_URL), in each of its processes, to the address at which n8n can be reached from outside, e.g. https://n8n.example.com/, and start n8n again. Nothing was sent to Linq.",
			source: 'n8n',
		},
	);
}
