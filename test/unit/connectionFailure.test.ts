import { connectionFailure } from '../../nodes/shared/linq/connectionFailure';

describe('A connection failure with the code', () => {
	it.each([
		['DEPTH_ZERO_SELF_SIGNED_CERT', /not from an authority/],
		['SELF_SIGNED_CERT_IN_CHAIN', /not from an authority/],
		['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /not from an authority/],
		['UNABLE_TO_GET_ISSUER_CERT', /not from an authority/],
		['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /not from an authority/],
		['CERT_HAS_EXPIRED', /expired/],
		['CERT_NOT_YET_VALID', /not valid yet/],
		['ERR_TLS_CERT_ALTNAME_INVALID', /another host/],
		['HOSTNAME_MISMATCH', /another host/],
		['CERT_REVOKED', /not valid/],
		['INVALID_PURPOSE', /not valid/],
		['EPROTO', /secure connection/],
		['ERR_TLS_INVALID_PROTOCOL_VERSION', /secure connection/],
		['ERR_INVALID_URL', /proxy's address/],
	])('%s: the request was not sent, and a retry is no use', (code, reason) => {
		const failure = connectionFailure(code);
		expect(failure?.reason).toMatch(reason);
		expect(failure).toMatchObject({ code, isNotSent: true, isLasting: true });
	});

	it.each([
		'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
		'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
		'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
	])('%s: the request may have been sent, and a retry is no use', (code) => {
		const failure = connectionFailure(code);
		expect(failure?.isNotSent).toBeUndefined();
		expect(failure?.isLasting).toBe(true);
	});

	it.each([
		'ECONNREFUSED',
		'EAI_AGAIN',
		'ENOTFOUND',
		'EHOSTUNREACH',
		'PROXY_HUNG_UP',
		'TLS_HUNG_UP',
	])('%s: the request was not sent, and a retry may succeed', (code) => {
		const failure = connectionFailure(code);
		expect(failure?.isNotSent).toBe(true);
		expect(failure?.isLasting).toBeUndefined();
	});

	it.each([
		...['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'],
		...['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'Z_DATA_ERROR', 'Z_BUF_ERROR'],
		...['ERR_BAD_RESPONSE', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', 'EIO'],
		...['ERR_SSL_BAD_RECORD_TYPE', 'ERR_SSL_WRONG_VERSION_NUMBER'],
	])('%s: the request may have been sent, and a retry may succeed', (code) => {
		const failure = connectionFailure(code);
		expect(failure).toBeDefined();
		expect(failure?.isNotSent).toBeUndefined();
		expect(failure?.isLasting).toBeUndefined();
	});

	it.each(['ERR_INVALID_CHAR', 'ERR_CANCELED', '200'])('%s is not one', (code) => {
		expect(connectionFailure(code)).toBeUndefined();
	});
});
