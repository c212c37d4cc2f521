import { LinqError } from './linqError';

/**
 * Parses the credential's base URL.
 *
 * @returns it without surrounding space or a slash at its end
 * @throws LinqError if it is not a usable http or https URL
 */
export function parseBaseUrl(value: unknown): string {
	const written = typeof value === 'string' ? value.trim() : '';
	const url = URL.canParse(written) ? new URL(written) : undefined;
	if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
		throw new LinqError(
			'The base URL in the Linq API credential is not a valid http or https URL',
			{
				description: 'Enter it with https://, e.g. https://api.linqapp.com/api/partner.',
				source: 'credential',
			},
		);
	}
	// They would take the place of the API key.
	if (url.username || url.password) {
		throw new LinqError('The base URL in the Linq API credential has a user name in it', {
			description:
				'Remove the part before the @, e.g. https://api.linqapp.com/api/partner: requests are authenticated with the API key only.',
			source: 'credential',
		});
	}
	return written.replace(/\/+$/, '');
}
