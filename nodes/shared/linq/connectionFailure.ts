/** What is known of a connection that failed. */
export interface ConnectionFailure {
	/** Of Node.js, axios or this file, e.g. `ECONNRESET`. */
	code: string;
	/** What happened, e.g. `the server refused the connection`. */
	reason: string;
	/** What the user can do about it, in whole sentences. */
	remedy: string;
	/** Whether nothing can have been sent. */
	isNotSent?: boolean;
	/** Whether it does not pass by itself. */
	isLasting?: boolean;
}

/** For a proxy that closes the connection before it is through: https-proxy-agent gives that no code. */
export const PROXY_HUNG_UP = 'PROXY_HUNG_UP';

/** For a response that began, and then was cut off or could not be unpacked: n8n 1 keeps no code of it. */
export const RESPONSE_BROKEN = 'ERR_BAD_RESPONSE';

const CHECK_NETWORK =
	'Check the base URL in the Linq API credential (also https or http), the proxy under Request Options if there is one, and the network that n8n runs in, then try again.';
const IGNORE_SSL =
	'If you trust the server all the same, turn on Ignore SSL Issues under Request Options.';
const UNREADABLE =
	'Something that is not Linq may have sent it: check the base URL in the Linq API credential (also https or http) and the proxy under Request Options, then try again.';

const UNTRUSTED: Omit<ConnectionFailure, 'code'> = {
	reason: "the server's certificate is not from an authority that n8n trusts",
	remedy: `If a company's proxy or firewall stands in between, give n8n the company's certificate authority in the environment variable NODE_EXTRA_CA_CERTS. ${IGNORE_SSL}`,
	isNotSent: true,
	isLasting: true,
};

/** The first that matches counts. */
const FAILURES: Array<[codes: RegExp, failure: Omit<ConnectionFailure, 'code'>]> = [
	[/SELF_SIGNED_CERT|^UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|^CERT_(UNTRUSTED|CHAIN)/, UNTRUSTED],
	[
		/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate has expired, or is not valid yet",
			remedy: `Check the date of the machine that n8n runs on. If it is right, whoever runs the server, or a proxy in between, must renew the certificate. ${IGNORE_SSL}`,
		},
	],
	[
		/^ERR_TLS_CERT_ALTNAME|^HOSTNAME_MISMATCH$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate is for another host",
			remedy: `Check the host of the base URL in the Linq API credential. A proxy or firewall in between may also be the cause. ${IGNORE_SSL}`,
		},
	],
	[
		/^(?!ERR_).*(CERT|CRL)|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate is not valid",
			remedy: `Check the host of the base URL in the Linq API credential, and what stands in between. ${IGNORE_SSL}`,
		},
	],
	[
		// The connection was secure, and then broke.
		/^ERR_SSL_.*BAD_RECORD_MAC$/,
		{ reason: 'the connection was lost before the response was complete', remedy: CHECK_NETWORK },
	],
	[
		/^EPROTO$|^ERR_(SSL|TLS)_/,
		{
			reason: 'no secure connection could be made',
			remedy:
				'The server may speak plain http on this port: check https or http, and the port, in the base URL in the Linq API credential and in the proxy under Request Options.',
			isNotSent: true,
			isLasting: true,
		},
	],
	[
		new RegExp(`^${PROXY_HUNG_UP}$`),
		{
			reason: 'the proxy closed the connection',
			remedy:
				"Check the proxy under Request Options, or the one in n8n's environment (HTTPS_PROXY): its address, and whether it lets n8n through to Linq. Then try again.",
			isNotSent: true,
		},
	],
	[
		/^HPE_HEADER_OVERFLOW$/,
		{ reason: "the response's headers are too long for Node.js", remedy: UNREADABLE },
	],
	[/^HPE_/, { reason: 'the response is not HTTP that Node.js can read', remedy: UNREADABLE }],
	[
		new RegExp(`^Z_|^${RESPONSE_BROKEN}$`),
		{ reason: 'the response was cut off or could not be unpacked', remedy: UNREADABLE },
	],
	[/^(ECONNABORTED|ETIMEDOUT)$/, { reason: 'no response came in time', remedy: CHECK_NETWORK }],
	[
		/^ECONNREFUSED$/,
		{
			reason: 'the server refused the connection',
			remedy: CHECK_NETWORK,
			isNotSent: true,
		},
	],
	[
		/^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/,
		{ reason: 'the connection was lost before the response was complete', remedy: CHECK_NETWORK },
	],
	[
		/^ENOTFOUND$/,
		{ reason: 'the host name does not exist', remedy: CHECK_NETWORK, isNotSent: true },
	],
	[
		/^EAI_/,
		{ reason: 'the host name could not be looked up', remedy: CHECK_NETWORK, isNotSent: true },
	],
	[
		/^E(ACCES|ADDRNOTAVAIL|HOSTDOWN|HOSTUNREACH|NETDOWN|NETUNREACH|PERM)$/,
		{ reason: 'the server could not be reached', remedy: CHECK_NETWORK, isNotSent: true },
	],
	// Any other error of the operating system.
	[/^E[A-Z0-9]+$/, { reason: 'the connection failed', remedy: CHECK_NETWORK }],
];

/** Returns what an error code says of a connection that failed, undefined if it says nothing of a connection. */
export function connectionFailure(code: string): ConnectionFailure | undefined {
	const failure = FAILURES.find(([codes]) => codes.test(code))?.[1];
	return failure && { code, ...failure };
}
