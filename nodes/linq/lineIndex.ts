import { inputError } from './linqError';
import type { PhoneNumber } from './phoneNumber';

/** The account's lines, to be found by what an item names them by. */
export interface LineIndex {
	byNumber: ReadonlyMap<string, PhoneNumber>;
	/** The ids in lower case. */
	byId: ReadonlyMap<string, PhoneNumber>;
}

export function indexLines(lines: PhoneNumber[]): LineIndex {
	return {
		byNumber: new Map(lines.map((line) => [line.phone_number, line])),
		byId: new Map(lines.map((line) => [line.id.toLowerCase(), line])),
	};
}

/** Finds a number among the account's lines, or throws a LinqError that names it. */
export function findLine({ byNumber }: LineIndex, number: string): PhoneNumber {
	const line = byNumber.get(number);
	if (line) return line;
	throw inputError(
		`There is no line ${number} in this Linq account`,
		'Check the number, and that the credential is of the account the line belongs to. The operation List shows all lines.',
	);
}
