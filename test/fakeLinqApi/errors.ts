/** The API's errors by code. See https://docs.linqapp.com/error */
const ERRORS = {
	1001: { status: 400, message: 'Missing required field' },
	1002: { status: 400, message: 'Phone number must be in E.164 format' },
	1003: { status: 400, message: 'Invalid request body' },
	1005: { status: 400, message: 'Invalid parameter value' },
	1007: { status: 429, message: 'Rate limit exceeded' },
	2001: { status: 404, message: 'Resource not found' },
	2004: { status: 401, message: 'Unauthorized - missing or invalid authentication token' },
	2005: { status: 403, message: 'Access denied - insufficient permissions for this resource' },
	3006: { status: 500, message: 'Internal server error' },
};

export type ErrorCode = keyof typeof ERRORS;

/** An error of the API: a handler throws it, the server makes it the response. */
export class ApiError extends Error {
	readonly status: number;

	constructor(
		readonly code: ErrorCode,
		readonly retryAfter?: number,
	) {
		super(ERRORS[code].message);
		this.status = ERRORS[code].status;
	}

	/** Returns the body, in the documented shape. */
	body(traceId: string) {
		return {
			success: false,
			error: {
				status: this.status,
				code: this.code,
				message: this.message,
				doc_url: `https://docs.linqapp.com/error/codes/${Math.floor(this.code / 1_000)}xxx/${this.code}/`,
				...(this.retryAfter === undefined ? {} : { retry_after: this.retryAfter }),
			},
			trace_id: traceId,
		};
	}
}
