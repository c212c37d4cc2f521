import { inputError } from './linqError';
import type { PhoneNumber } from './phoneNumber';

/** The lines of an account, to be found by what an item names them by. */
export class AccountLines {
	private numbers?: ReadonlyMap<string, PhoneNumber>;
	private ids?: ReadonlyMap<string, PhoneNumber>;

	/** @param all in Linq's order */
	constructor(readonly all: PhoneNumber[]) {}

	/**
	 * @param number in E.164
	 * @throws LinqError that names the number where it is none of the account's
	 */
	byNumber(number: string): PhoneNumber {
		this.numbers ??= new Map(this.all.map((line) => [line.phone_number, line]));
		const line = this.numbers.get(number);
		if (line) return line;
		throw inputError(
			`There is no line ${number} in this Linq account`,
			'Check the number, and that the credential is of the account the line belongs to. The operation List shows all lines.',
		);
	}

	/**
	 * @param id in upper or lower case
	 * @throws LinqError that names the id where it is none of the account's
	 */
	byId(id: string): PhoneNumber {
		const line = this.known(id);
		if (line) return line;
		throw inputError(
			`There is no line with the ID ${id} in this Linq account`,
			'Check the ID, and that the credential is of the account the line belongs to. The operation List shows all lines.',
		);
	}

	/** The same, or undefined where there is none. */
	known(id: string): PhoneNumber | undefined {
		this.ids ??= new Map(this.all.map((line) => [line.id.toLowerCase(), line]));
		return this.ids.get(id.toLowerCase());
	}
}
