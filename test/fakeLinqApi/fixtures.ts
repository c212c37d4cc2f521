import { randomUUID } from 'node:crypto';
import type { PhoneNumber } from '../../nodes/shared/linq/phoneNumber';

const GUIDE = 'https://docs.linqapp.com/guides/phone-numbers/phone-reputation';

/** Returns a reputation with the link to its explanation. */
export function reputation(status: string) {
	return { status, doc_url: `${GUIDE}#${status.toLowerCase().replace('_', '-')}` };
}

/** Returns the beginning of the line IDs of an account: no two accounts of Linq share a line. */
export function newAccount(): string {
	return randomUUID().slice(0, 24);
}

/** Returns a line as the current API lists it, with both fields for the reputation. */
export function line(
	account: string,
	index: number,
	status: string,
	forwarding: Pick<PhoneNumber, 'forwarding_number'>,
): PhoneNumber {
	return {
		id: account + String(index).padStart(12, '0'),
		phone_number: `+1202${String(5_550_000 + index)}`,
		...forwarding,
		reputation: reputation(status),
		health_status: reputation(status),
	};
}

/**
 * Returns a small account with every kind of line: each reputation; forwarded, not forwarded, no forwarding field;
 * an older response.
 */
export function exampleLines(account = newAccount()): PhoneNumber[] {
	const older = line(account, 5, 'AT_RISK', { forwarding_number: null });
	delete older.reputation;
	return [
		line(account, 1, 'HEALTHY', { forwarding_number: '+12025559999' }),
		line(account, 2, 'AT_RISK', { forwarding_number: null }),
		line(account, 3, 'CRITICAL', {}),
		line(account, 4, 'HEALTHY', { forwarding_number: null }),
		older,
	];
}

/** Returns an account with this many lines. */
export function manyLines(count: number, account = newAccount()): PhoneNumber[] {
	const statuses = ['HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL'];
	return Array.from({ length: count }, (_, index) =>
		line(account, index + 1, statuses[index % 4] ?? 'HEALTHY', { forwarding_number: null }),
	);
}
