import { LinqError } from './linqError';
import { isRecord } from './isRecord';

/** The list is not paginated: one response has every line. See https://docs.linqapp.com/guides/phone-numbers/ */
export const PHONE_NUMBERS_URL = '/v3/phone_numbers';

/** How carriers rate a line. Marked beta by Linq: other values may come. */
export interface Reputation {
	/** `HEALTHY`, `AT_RISK`, `CRITICAL`, or a value newer than this package. */
	status: string;
	doc_url?: string | null;
}

/**
 * A line as the API lists it.
 * @see https://docs.linqapp.com/guides/phone-numbers/
 */
export interface PhoneNumber {
	/** UUID. */
	id: string;
	/** E.164. */
	phone_number: string;
	/** E.164; null, empty or absent if calls are not forwarded. */
	forwarding_number?: string | null;
	reputation?: Reputation | null;
	/** Deprecated alias of `reputation`; older responses have only this one. */
	health_status?: Reputation | null;
}

/** A line as one row of a table: always these keys, in this order. */
export interface LineRow {
	id: string;
	phone_number: string;
	forwarding_number: string | null;
	reputation_status: string | null;
	reputation_doc_url: string | null;
	health_status: string | null;
	health_doc_url: string | null;
}

/** Linq's response to an update. */
export interface UpdatedForwarding {
	id: string;
	phone_number: string;
	forwarding_number: string | null;
}

const UNEXPECTED_RESPONSE =
	'The response does not match the Linq Partner API v3. Check the base URL in the Linq API credential; if it is right, report this to Linq.';

/** Returns the line's reputation, from the deprecated field if the new one is missing. */
export function getReputation(line: PhoneNumber): Reputation | undefined {
	return line.reputation ?? line.health_status ?? undefined;
}

/** Returns the number that the line's calls go to, or null if they are not forwarded. */
export function getForwardingNumber(line: PhoneNumber): string | null {
	return line.forwarding_number || null;
}

/** Returns a line as one row, with stable columns. */
export function toRow(line: PhoneNumber): LineRow {
	const reputation = getReputation(line);
	return {
		id: line.id,
		phone_number: line.phone_number,
		forwarding_number: getForwardingNumber(line),
		reputation_status: reputation?.status ?? null,
		reputation_doc_url: reputation?.doc_url ?? null,
		health_status: line.health_status?.status ?? null,
		health_doc_url: line.health_status?.doc_url ?? null,
	};
}

/**
 * Parses the response to `GET /v3/phone_numbers`.
 *
 * @param body the parsed body, of any shape
 * @returns its lines, untouched and in Linq's order
 * @throws LinqError if it is no list of lines
 */
export function parsePhoneNumberList(body: unknown): PhoneNumber[] {
	const list = isRecord(body) ? body.phone_numbers : undefined;
	if (!Array.isArray(list)) {
		throw new LinqError('Linq returned no list of phone numbers', {
			description: UNEXPECTED_RESPONSE,
			source: 'linq',
		});
	}
	const entries: unknown[] = list;
	if (entries.every(isPhoneNumber)) return entries;
	const wrong = entries.findIndex((entry) => !isPhoneNumber(entry));
	throw new LinqError(`Entry ${wrong + 1} of Linq's list of phone numbers is not a line`, {
		description: UNEXPECTED_RESPONSE,
		source: 'linq',
	});
}

/**
 * Parses the response to an update, and checks that it confirms the update.
 *
 * @param body the parsed body, of any shape
 * @param requested the line and forwarding number, null to clear it
 * @throws LinqError if it is about another line, another number, or no line at all
 */
export function parseUpdatedForwarding(
	body: unknown,
	requested: { id: string; forwardingNumber: string | null },
): UpdatedForwarding {
	if (!isPhoneNumber(body) || body.id.toLowerCase() !== requested.id.toLowerCase()) {
		throw new LinqError('Linq did not confirm the update: its response is not about this line', {
			description: `${UNEXPECTED_RESPONSE} List the lines to see where the calls go now.`,
			source: 'linq',
		});
	}
	const forwarding = getForwardingNumber(body);
	if (forwarding !== requested.forwardingNumber) {
		throw new LinqError(
			`Linq did not confirm the update: it reported ${body.phone_number} forwarding to ${forwarding ?? 'no number'}, expected ${requested.forwardingNumber ?? 'no number'}`,
			{
				description: 'List the lines to see where the calls go now, then run the update again.',
				source: 'linq',
			},
		);
	}
	return { id: body.id, phone_number: body.phone_number, forwarding_number: forwarding };
}

function isPhoneNumber(value: unknown): value is PhoneNumber {
	return (
		isRecord(value) &&
		typeof value.id === 'string' &&
		typeof value.phone_number === 'string' &&
		isOptionalString(value.forwarding_number) &&
		isOptionalReputation(value.reputation) &&
		isOptionalReputation(value.health_status)
	);
}

function isOptionalReputation(value: unknown): boolean {
	if (value === undefined || value === null) return true;
	return isRecord(value) && typeof value.status === 'string' && isOptionalString(value.doc_url);
}

function isOptionalString(value: unknown): boolean {
	return value === undefined || value === null || typeof value === 'string';
}
