/** Parses the credential's API key: without surrounding space and without `Bearer `, which is copied with the header. */
export function parseApiKey(value: unknown): string {
	return typeof value === 'string' ? value.trim().replace(/^bearer\s+/i, '') : '';
}
