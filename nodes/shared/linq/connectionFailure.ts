import type { RequestSettings } from './requestSettings';

/** Why a connection failed, and what to do about it. */
export interface ConnectionFailure {
	/** Of Node.js, axios or this file, e.g. `ECONNRESET`. */
	code: string;
	/** What happened, e.g. `the server refused the connection`. */
	reason: string;
	/** Returns what the user can do about it, in whole sentences. */
	remedy: (settings: RequestSettings) => string;
	/** Whether the request was surely not sent. */
	isNotSent?: boolean;
	/** Whether it is permanent, so that a retry is no use. */
	isLasting?: boolean;
}

/** A proxy closed the connection before the tunnel was open: https-proxy-agent gives that no code. */
export const PROXY_HUNG_UP = 'PROXY_HUNG_UP';

/** A server or a proxy closed the connection before it was secure: Node.js calls it `ECONNRESET`. */
export const TLS_HUNG_UP = 'TLS_HUNG_UP';

/** A response began, and was cut off or could not be decompressed: n8n 1 keeps no code of it. */
export const RESPONSE_BROKEN = 'ERR_BAD_RESPONSE';

type Failure = Omit<ConnectionFailure, 'code'>;

const checkNetwork = () =>
	"Check the base URL in the Linq API credential, including http or https. If it is right, check n8n's network and proxy, then try again.";
const checkSender = ({ proxy }: RequestSettings) =>
	`Something that is not Linq may have sent it. Check the base URL in the Linq API credential, including http or https, and ${proxy}, then try again.`;

const UNTRUSTED: Failure = {
	reason: "the server's certificate is not from an authority that n8n trusts",
	remedy: ({ ignoreSsl }) =>
		`If a company's proxy or firewall stands in between, give n8n the company's certificate authority in the environment variable NODE_EXTRA_CA_CERTS. ${ignoreSsl}`,
	isNotSent: true,
	isLasting: true,
};

const LOST: Failure = {
	reason: 'the connection was lost before the response was complete',
	remedy: checkNetwork,
};

/** The first that matches counts. */
const FAILURES: Array<[codes: RegExp, failure: Failure]> = [
	[/SELF_SIGNED_CERT|^UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|^CERT_(UNTRUSTED|CHAIN)/, UNTRUSTED],
	[
		/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate has expired, or is not valid yet",
			remedy: ({ ignoreSsl }) =>
				`Check the date of the machine that n8n runs on. If it is right, whoever runs the server, or a proxy in between, must renew the certificate. ${ignoreSsl}`,
		},
	],
	[
		/^ERR_TLS_CERT_ALTNAME|^HOSTNAME_MISMATCH$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate is for another host",
			remedy: ({ ignoreSsl }) =>
				`Check the host of the base URL in the Linq API credential. A proxy or firewall in between may also be the cause. ${ignoreSsl}`,
		},
	],
	[
		/^(?!ERR_).*(CERT|CRL)|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/,
		{
			...UNTRUSTED,
			reason: "the server's certificate is not valid",
			remedy: ({ ignoreSsl }) =>
				`Check the host of the base URL in the Linq API credential, and what stands in between. ${ignoreSsl}`,
		},
	],
	[
		// Node.js could not encrypt the request, so it was not sent (`TLSWrap::ClearIn` in its crypto_tls.cc).
		/^EPROTO$|^ERR_TLS_/,
		{
			reason: 'no secure connection could be made',
			remedy: ({ proxy }) =>
				`The server may speak plain http on this port: check https or http, and the port, in the base URL in the Linq API credential. Check also ${proxy}.`,
			isNotSent: true,
			isLasting: true,
		},
	],
	[
		// With TLS 1.3 a server may reject the client only after the request was sent.
		/^ERR_SSL_.*_ALERT_/,
		{
			reason: 'the server ended the secure connection',
			remedy: ({ proxy }) =>
				`It may want a client certificate, which n8n does not send. Check the host of the base URL in the Linq API credential, and ${proxy}.`,
			isLasting: true,
		},
	],
	// The secure connection broke later.
	[/^ERR_SSL_/, LOST],
	[
		// The base URL has been checked before.
		/^ERR_INVALID_URL$/,
		{
			reason: "the proxy's address is not a URL",
			remedy: ({ proxy }) => `Correct ${proxy}, e.g. http://user:password@host:port.`,
			isNotSent: true,
			isLasting: true,
		},
	],
	[
		new RegExp(`^${PROXY_HUNG_UP}$`),
		{
			reason: 'the proxy closed the connection',
			remedy: ({ proxy }) =>
				`Check ${proxy}: its address, and whether it lets n8n through to Linq. Then try again.`,
			isNotSent: true,
		},
	],
	[
		new RegExp(`^${TLS_HUNG_UP}$`),
		{
			reason: 'the connection was closed before it was secure',
			remedy: checkNetwork,
			isNotSent: true,
		},
	],
	[
		/^HPE_HEADER_OVERFLOW$/,
		{ reason: "the response's headers are too long for Node.js", remedy: checkSender },
	],
	[/^HPE_/, { reason: 'the response is not HTTP that Node.js can read', remedy: checkSender }],
	[
		new RegExp(`^Z_|^${RESPONSE_BROKEN}$`),
		{ reason: 'the response was cut off or could not be unpacked', remedy: checkSender },
	],
	[/^(ECONNABORTED|ETIMEDOUT)$/, { reason: 'no response came in time', remedy: checkNetwork }],
	[
		/^ECONNREFUSED$/,
		{ reason: 'the server refused the connection', remedy: checkNetwork, isNotSent: true },
	],
	// Also a reset before the connection is secure: n8n 1 keeps nothing that tells the two apart.
	[/^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/, LOST],
	[
		/^ENOTFOUND$/,
		{ reason: 'the host name does not exist', remedy: checkNetwork, isNotSent: true },
	],
	[
		/^EAI_/,
		{ reason: 'the host name could not be looked up', remedy: checkNetwork, isNotSent: true },
	],
	[
		/^E(ACCES|ADDRNOTAVAIL|HOSTDOWN|HOSTUNREACH|NETDOWN|NETUNREACH|PERM)$/,
		{ reason: 'the server could not be reached', remedy: checkNetwork, isNotSent: true },
	],
	// Any other error of the operating system.
	[/^E[A-Z0-9]+$/, { reason: 'the connection failed', remedy: checkNetwork }],
];

/** Returns the failure that an error code stands for, undefined if it is not about a connection. */
export function connectionFailure(code: string): ConnectionFailure | undefined {
	const failure = FAILURES.find(([codes]) => codes.test(code))?.[1];
	return failure && { code, ...failure };
}
