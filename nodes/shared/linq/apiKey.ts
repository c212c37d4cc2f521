/** Parses the credential's API key: without surrounding space, and without `Bearer `, for some copy the whole header. */
export function parseApiKey(value: unknown): string {
	return typeof value === 'string' ? value.trim().replace(/^bearer\s+/i, '') : '';
}
