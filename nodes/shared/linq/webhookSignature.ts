import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a delivery's timestamp may be off, either way. */
const TOLERANCE_SECONDS = 300;

/** The headers of a delivery; the names in lower case. */
export type DeliveryHeaders = Record<string, string | string[] | undefined>;

/** What a delivery says of itself in its headers. */
export interface DeliverySignature {
	/** The same for each attempt to deliver an event. */
	id: string;
	/** Seconds since 1970, as written. */
	timestamp: string;
	/** Those of version 1. */
	signatures: Buffer[];
}

/**
 * Parses the headers of a delivery.
 *
 * @returns undefined if they are not those of a signed delivery
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function parseSignature(headers: DeliveryHeaders): DeliverySignature | undefined {
	const id = headers['webhook-id'];
	const timestamp = headers['webhook-timestamp'];
	const written = headers['webhook-signature'];
	if (typeof id !== 'string' || id === '' || typeof written !== 'string') return undefined;
	if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return undefined;
	const signatures = written
		.split(' ')
		.filter((one) => one.startsWith('v1,'))
		.map((one) => Buffer.from(one.slice('v1,'.length), 'base64'))
		.filter(({ length }) => length === SIGNATURE_BYTES);
	return signatures.length === 0 ? undefined : { id, timestamp, signatures };
}

/** Of HMAC-SHA256. */
const SIGNATURE_BYTES = 32;

/**
 * Returns true if a delivery was signed recently: an old one may be a replay.
 *
 * @param now milliseconds since 1970
 */
export function isFresh({ timestamp }: DeliverySignature, now: number): boolean {
	return Math.abs(now / 1_000 - Number(timestamp)) <= TOLERANCE_SECONDS;
}

/**
 * Returns true if a delivery was signed with the subscription's secret.
 *
 * @param body the raw bytes, as they came
 * @param secret `whsec_` and the key in base64
 */
export function isSignedBy(
	{ id, timestamp, signatures }: DeliverySignature,
	body: Buffer,
	secret: string,
): boolean {
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	if (key.length === 0) return false;
	const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
	return signatures.some((given) => timingSafeEqual(given, expected));
}
