import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a delivery's timestamp may be off, either way. */
const TOLERANCE_SECONDS = 300;

/** The headers of a delivery; the names in lower case. */
export type DeliveryHeaders = Record<string, string | string[] | undefined>;

/**
 * Whether a delivery was signed with the subscription's secret, and that lately.
 *
 * @param body the raw bytes, as they came
 * @param secret `whsec_` and the key in base64
 * @param now milliseconds since 1970
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSigned(
	body: Buffer,
	headers: DeliveryHeaders,
	secret: string,
	now: number,
): boolean {
	const id = headers['webhook-id'];
	const timestamp = headers['webhook-timestamp'];
	const signatures = headers['webhook-signature'];
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	if (key.length === 0 || typeof id !== 'string' || id === '') return false;
	if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false;
	if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
	if (typeof signatures !== 'string') return false;

	const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
	return signatures.split(' ').some((signature) => {
		if (!signature.startsWith('v1,')) return false;
		const given = Buffer.from(signature.slice('v1,'.length), 'base64');
		return given.length === expected.length && timingSafeEqual(given, expected);
	});
}
