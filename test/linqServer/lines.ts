import type { PhoneNumber } from '../../nodes/linq/phoneNumber';

const GUIDE = 'https://docs.linqapp.com/guides/phone-numbers/phone-reputation';

/** A reputation with the link to its explanation. */
export function reputation(status: string) {
	return { status, doc_url: `${GUIDE}#${status.toLowerCase().replace('_', '-')}` };
}

/** A line as today's API lists it, with both fields for the reputation. */
export function line(
	index: number,
	status: string,
	forwarding: Pick<PhoneNumber, 'forwarding_number'>,
): PhoneNumber {
	return {
		id: `550e8400-e29b-41d4-a716-${String(index).padStart(12, '0')}`,
		phone_number: `+1202${String(5_550_000 + index)}`,
		...forwarding,
		reputation: reputation(status),
		health_status: reputation(status),
	};
}

/** A small account with every kind of line: each reputation; forwarded, not forwarded, nothing said; an older answer. */
export function exampleLines(): PhoneNumber[] {
	const older = line(5, 'AT_RISK', { forwarding_number: null });
	delete older.reputation;
	return [
		line(1, 'HEALTHY', { forwarding_number: '+12025559999' }),
		line(2, 'AT_RISK', { forwarding_number: null }),
		line(3, 'CRITICAL', {}),
		line(4, 'HEALTHY', { forwarding_number: null }),
		older,
	];
}

/** An account of any size, the same at every call. */
export function manyLines(count: number): PhoneNumber[] {
	const statuses = ['HEALTHY', 'HEALTHY', 'AT_RISK', 'CRITICAL'];
	return Array.from({ length: count }, (_, index) =>
		line(index + 1, statuses[index % 4] ?? 'HEALTHY', { forwarding_number: null }),
	);
}
