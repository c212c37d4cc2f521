/**
 * Where a failure lies, which tells what to do about it: in what was entered; in the credential (key, base URL,
 * permission); at Linq or on the way to it, which may pass; or in n8n (the execution was stopped, a fault of the node).
 */
export type Fault = 'input' | 'credential' | 'linq' | 'n8n';

/** What is known of a failure beside its message. */
export interface LinqErrorDetails {
	/** What the user can do about it, in whole sentences. */
	description: string;
	fault: Fault;
	/** Whether the same may go well at another time, without any change. */
	tryAgain?: boolean;
	/** HTTP status of the answer; absent where no answer came or nothing was sent. */
	httpCode?: string;
	/** Linq's own error code, e.g. 2001. */
	code?: number;
	/** Linq's page about the code. */
	docUrl?: string;
	/** Linq's id of the request, which its support asks for. */
	traceId?: string;
}

/** A failure in words for the user: the message says what happened, the description what to do. */
export class LinqError extends Error {
	override readonly name = 'LinqError';

	constructor(
		message: string,
		readonly details: LinqErrorDetails,
	) {
		super(message);
	}
}

/** A failure that lies in what was entered, or in what an expression made of it. */
export function inputError(message: string, description: string): LinqError {
	return new LinqError(message, { description, fault: 'input' });
}
