/**
 * Where a failure lies, which tells what to do about it: in what was entered; in the credential (key, base URL,
 * permission); at Linq; on the way to it; or in n8n (the execution was stopped, a bug in the node).
 */
export type ErrorSource = 'input' | 'credential' | 'linq' | 'network' | 'n8n';

/** What a failure has beside its message. */
export interface LinqErrorDetails {
	/** What the user can do about it, in whole sentences. */
	description: string;
	source: ErrorSource;
	/** The message without what was being done, e.g. `the server refused the connection`. */
	reason?: string;
	/** Whether the same request may succeed at another time, without any change. */
	retryable?: boolean;
	/** Whether Linq may have applied the request, or may still do so. */
	mayBeApplied?: boolean;
	/** The response's; absent if there was none. */
	httpStatus?: number;
	/** Linq's own error code, e.g. 2001. */
	code?: number;
	/** Linq's page about the code. */
	docUrl?: string;
	/** Linq's ID of the request, which its support asks for. */
	traceId?: string;
}

/** An error for the user: the message says what happened, the description what to do. */
export class LinqError extends Error {
	override readonly name = 'LinqError';

	constructor(
		message: string,
		readonly details: LinqErrorDetails,
	) {
		super(message);
	}
}

/** Returns a failure that lies in what was entered, or in what an expression made of it. */
export function inputError(message: string, description: string): LinqError {
	return new LinqError(message, { description, source: 'input' });
}
