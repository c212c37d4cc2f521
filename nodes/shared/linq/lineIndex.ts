import type { LineRef } from './lineRef';
import { inputError } from './linqError';
import type { PhoneNumber } from './phoneNumber';

/** The lines of an account, to be found by phone number or ID. */
export class LineIndex {
	private byNumbers?: ReadonlyMap<string, PhoneNumber>;
	private byIds?: ReadonlyMap<string, PhoneNumber>;

	/** @param lines in Linq's order */
	constructor(readonly lines: PhoneNumber[]) {}

	/**
	 * Returns the line with a phone number.
	 *
	 * @param number in E.164
	 * @throws LinqError that names the number if it is none of the account's
	 */
	byNumber(number: string): PhoneNumber {
		this.byNumbers ??= new Map(this.lines.map((line) => [line.phone_number, line]));
		const line = this.byNumbers.get(number);
		if (line) return line;
		throw inputError(
			`There is no line ${number} in this Linq account`,
			'Check the number, and that the credential belongs to the same Linq account as the line. List shows all lines.',
		);
	}

	/**
	 * Returns the line with an ID.
	 *
	 * @param id in upper or lower case
	 * @throws LinqError that names the ID if it is none of the account's
	 */
	byId(id: string): PhoneNumber {
		const line = this.find(id);
		if (line) return line;
		throw inputError(
			`There is no line with the ID ${id} in this Linq account`,
			'Check the ID, and that the credential belongs to the same Linq account as the line. List shows all lines.',
		);
	}

	/** Returns the line that is meant. @throws LinqError that names it if it is none of the account's */
	byRef(line: LineRef): PhoneNumber {
		return line.kind === 'id' ? this.byId(line.id) : this.byNumber(line.number);
	}

	/** Returns the line with an ID, or undefined if there is none. */
	find(id: string): PhoneNumber | undefined {
		this.byIds ??= new Map(this.lines.map((line) => [line.id.toLowerCase(), line]));
		return this.byIds.get(id.toLowerCase());
	}
}
