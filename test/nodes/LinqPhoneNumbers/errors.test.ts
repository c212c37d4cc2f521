import type { IDataObject } from 'n8n-workflow';
import * as tls from 'node:tls';
import { Server } from 'proxy-chain';
import type { Fault } from '../../fakeLinqApi/faultInjection';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { rawServer, tlsServer } from '../../support/brokenServers';
import { selfSigned } from '../../support/certificates';
import { useFakeClock } from '../../support/fakeClock';
import { runNode } from '../../support/runNode';

const FORWARD = '+12025557777';

/** As a later node finds it. */
interface FailedItem {
	message: string;
	description: string;
	source: string;
	retryable: boolean;
	http_status: number | null;
}
type Expected = [
	reason: string,
	description: RegExp,
	source: string,
	retryable: boolean,
	status: number | null,
];

describe('What the user is told of', () => {
	useFakeClock();
	let server: FakeLinqApi;
	let toClose: Array<() => Promise<unknown>>;

	const run = async (
		baseUrl = server.baseUrl,
		requestOptions: IDataObject = {},
		options: IDataObject = { maxRetries: 1 },
	) => {
		const { outputs } = await runNode({
			parameters: {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: server.lines[0]?.id },
				forwardingNumber: FORWARD,
				options,
				requestOptions,
			} as never,
			credentials: { apiKey: server.apiKey, baseUrl },
			onError: 'continueRegularOutput',
		});
		return outputs[0]?.[0]?.json.error as FailedItem | undefined;
	};
	const expectFailure = (
		error: FailedItem | undefined,
		[reason, description, source, retryable, http_status]: Expected,
	) => {
		const line = server.lines[0]?.id ?? '';
		expect(error).toMatchObject({
			message:
				typeof reason === 'string'
					? `Could not update the forwarding of line ${line}: ${reason}`
					: reason,
			description: expect.stringMatching(description) as string,
			source,
			retryable,
			http_status,
		});
		if (source === 'network') {
			const words = `${error?.message} ${error?.description}`;
			expect(words).not.toMatch(
				/Linq (answered|responded)|values sent|API key may not|could not be sent/,
			);
		}
	};
	/** Starts a server that sends these bytes to each request. */
	const rawUrl = async (bytes: string) => {
		const raw = await rawServer((socket) => socket.end(bytes));
		toClose.push(raw.close);
		return { ...raw, url: `http://127.0.0.1:${raw.port}` };
	};
	const tlsUrl = async (certificate = selfSigned('IP:127.0.0.1')) => {
		const { port, close } = await tlsServer(certificate);
		toClose.push(close);
		return `https://127.0.0.1:${port}`;
	};
	const proxyUrl = async (proxy: Server) => {
		await proxy.listen();
		toClose.push(async () => {
			await proxy.close(true);
		});
		return `http://127.0.0.1:${proxy.port}`;
	};

	beforeEach(async () => {
		server = await startFakeLinqApi();
		toClose = [];
	});
	afterEach(async () => {
		await Promise.all(toClose.map(async (close) => await close()));
		await server.close();
	});

	const linq = (code: 1002 | 1007 | 2001 | 2004 | 2005 | 3006): Fault => ({
		kind: 'apiError',
		code,
	});
	const other = (status: number, body = '<html>', type = 'text/html'): Fault => ({
		kind: 'response',
		status,
		body,
		headers: { 'content-type': type },
	});
	const WEB_PAGE = 'received a web page instead of an API response';
	const NO_REASON = 'the response gives no reason';
	const NOT_LINQ = /^This response is not from Linq's API: a proxy or a firewall.* HTTP \d+\./;

	describe("Linq's own errors", () => {
		it.each<[Fault, Expected]>([
			[
				linq(1002),
				[
					'Phone number must be in E.164 format',
					/^Check the values sent\. Linq responded with HTTP 400, code 1002\./,
					'input',
					false,
					400,
				],
			],
			[
				linq(2004),
				[
					'Unauthorized - missing or invalid authentication token',
					/^Check the API key/,
					'credential',
					false,
					401,
				],
			],
			[
				linq(2005),
				[
					'Access denied - insufficient permissions for this resource',
					/^The API key may not do this\. Check that the line belongs/,
					'credential',
					false,
					403,
				],
			],
			[
				linq(2001),
				['Resource not found', /^Check that the line is in this Linq account/, 'input', false, 404],
			],
			[
				linq(1007),
				[
					'Rate limit exceeded',
					/^Linq limits the rate.* It was tried 2 times\./,
					'linq',
					true,
					429,
				],
			],
			[
				linq(3006),
				[
					'Internal server error',
					/^This is a server error at Linq\. .*HTTP 500, code 3006\./,
					'linq',
					true,
					500,
				],
			],
		])('%j', async (fault, expected) => {
			server.faults.push({ fault });
			expectFailure(await run(), expected);
		});
	});

	describe('responses that are not of Linq', () => {
		it.each<[Fault, Expected]>([
			...[400, 402, 405, 406, 409, 410, 411, 413, 414, 415, 417, 422, 426, 431, 451, 495, 499].map(
				(status): [Fault, Expected] => [
					other(status),
					[WEB_PAGE, NOT_LINQ, 'network', false, status],
				],
			),
			[other(400, '', 'text/plain'), [NO_REASON, NOT_LINQ, 'network', false, 400]],
			[
				other(400, '{"error":"bad"}', 'application/json'),
				[NO_REASON, NOT_LINQ, 'network', false, 400],
			],
			[
				other(400, '{"error":{"message":"No route"}}', 'application/json'),
				['No route', NOT_LINQ, 'network', false, 400],
			],
			[other(401), [WEB_PAGE, /^Check the API key/, 'credential', false, 401]],
			[
				other(403),
				[
					WEB_PAGE,
					/a firewall or a proxy may have refused the request\..* network that n8n runs in/,
					'network',
					false,
					403,
				],
			],
			[other(404), [WEB_PAGE, /^Check the base URL/, 'credential', false, 404]],
			[
				other(407),
				[
					'a proxy wants a user name and a password',
					/proxy under Request Options/,
					'network',
					false,
					407,
				],
			],
			...[408, 500, 502, 503, 504].map((status): [Fault, Expected] => [
				other(status),
				[WEB_PAGE, /at Linq or on the way to it, e\.g\. of a proxy/, 'network', true, status],
			]),
			[other(429), [WEB_PAGE, /^Linq or something on the way to it limits/, 'network', true, 429]],
			[other(501), [WEB_PAGE, NOT_LINQ, 'network', false, 501]],
			[
				other(302),
				[
					'the base URL responded with a redirect',
					/^Redirects are not followed/,
					'credential',
					false,
					302,
				],
			],
		])('%j', async (fault, expected) => {
			server.faults.push({ fault });
			expectFailure(await run(), expected);
		});
	});

	describe('a proxy', () => {
		it.each(['http', 'https'])('that wants a password (%s)', async (protocol) => {
			const proxy = await proxyUrl(
				new Server({
					host: '127.0.0.1',
					port: 0,
					prepareRequestFunction: () => ({ requestAuthentication: true }),
				}),
			);
			const baseUrl = protocol === 'http' ? server.baseUrl : await tlsUrl();
			expectFailure(await run(baseUrl, { proxy }), [
				'a proxy wants a user name and a password',
				/^A proxy wants .*Request Options.*http:\/\/user:password@host:port/,
				'network',
				false,
				407,
			]);
		});

		it.each([
			['https', 'the proxy closed the connection', /^Check the proxy under Request Options/],
			[
				'http',
				'the connection was lost before the response was complete',
				/the proxy under Request Options/,
			],
		])('that hangs up (%s) is tried again', async (protocol, reason, description) => {
			const { port, connections, close } = await rawServer((socket) => socket.destroy());
			toClose.push(close);
			const baseUrl = protocol === 'http' ? server.baseUrl : await tlsUrl();
			const error = await run(baseUrl, { proxy: `http://127.0.0.1:${port}` });
			expectFailure(error, [reason, description, 'network', true, null]);
			expect(connections()).toBe(2);
		});
	});

	describe('TLS', () => {
		it('with a self-signed certificate', async () => {
			const url = await tlsUrl();
			expectFailure(await run(url), [
				"the server's certificate is not from an authority that n8n trusts",
				/NODE_EXTRA_CA_CERTS\. .*Ignore SSL Issues under Request Options\. \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
				'network',
				false,
				null,
			]);
			// What helps, helps: the server is then no Linq.
			const error = await run(url, { allowUnauthorizedCerts: true });
			expect(error?.message).toContain('Linq did not confirm the update');
		});

		it('with an expired certificate', async () => {
			expectFailure(await run(await tlsUrl(selfSigned('IP:127.0.0.1', { expired: true }))), [
				"the server's certificate has expired, or is not valid yet",
				/Ignore SSL Issues under Request Options\. \(CERT_HAS_EXPIRED\)$/,
				'network',
				false,
				null,
			]);
		});

		// Node.js 20 cannot be told whom to trust.
		const test = 'setDefaultCACertificates' in tls ? it : it.skip;
		test("with another host's certificate", async () => {
			const certificate = selfSigned('DNS:other.example');
			const trusted = tls.getCACertificates();
			tls.setDefaultCACertificates([...trusted, certificate.cert]);
			try {
				expectFailure(await run(await tlsUrl(certificate)), [
					"the server's certificate is for another host",
					/^Check the host of the base URL.* \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
					'network',
					false,
					null,
				]);
			} finally {
				tls.setDefaultCACertificates(trusted);
			}
		});

		it('to a port that speaks plain http', async () => {
			expectFailure(await run(server.baseUrl.replace('http:', 'https:')), [
				'no secure connection could be made',
				/check https or http/,
				'network',
				false,
				null,
			]);
		});

		it('of a server that is asked by plain http', async () => {
			expectFailure(await run((await tlsUrl()).replace('https:', 'http:')), [
				'the connection was lost before the response was complete',
				/also https or http/,
				'network',
				true,
				null,
			]);
		});
	});

	describe('a response that cannot be read', () => {
		const headers = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';
		const UNREADABLE = /Something that is not Linq may have sent it/;
		const BROKEN = 'the response was cut off or could not be unpacked';

		it.each([
			[
				'no HTTP',
				'SSH-2.0-OpenSSH_9\r\n',
				'the response is not HTTP that Node.js can read',
				/HPE_/,
			],
			[
				'two lengths',
				`${headers}content-length: 1\r\ncontent-length: 2\r\n\r\n`,
				'the response is not HTTP that Node.js can read',
				/HPE_/,
			],
			[
				'headers of 20 kB',
				`${headers}x-long: ${'x'.repeat(20_000)}\r\n\r\n`,
				"the response's headers are too long for Node.js",
				/HPE_HEADER_OVERFLOW/,
			],
			[
				'no gzip',
				`${headers}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello`,
				BROKEN,
				UNREADABLE,
			],
			['an early end', `${headers}content-length: 500\r\n\r\n{`, BROKEN, UNREADABLE],
			[
				'no response',
				'',
				'the connection was lost before the response was complete',
				/Check the base URL/,
			],
		])(
			'(%s) is tried again, and leaves the update unconfirmed',
			async (_, bytes, reason, description) => {
				const { url, connections } = await rawUrl(bytes);
				expectFailure(await run(url), [reason, description, 'network', true, null]);
				expect(connections()).toBe(2);
			},
		);
	});

	describe('a server out of reach', () => {
		const REMEDY = /^Check the base URL.* It was tried 2 times\./;

		it.each<[string, IDataObject, Expected]>([
			[
				'http://127.0.0.1:1',
				{},
				['the server refused the connection', REMEDY, 'network', true, null],
			],
			[
				'http://linq.invalid',
				{},
				[
					expect.stringMatching(/the host name (does not exist|could not be looked up)$/) as string,
					REMEDY,
					'network',
					true,
					null,
				],
			],
			[
				'http://linq.example',
				{ proxy: 'http://127.0.0.1:1' },
				['the server refused the connection', /proxy under Request Options/, 'network', true, null],
			],
		])('%s', async (baseUrl, requestOptions, expected) => {
			expectFailure(await run(baseUrl, requestOptions), expected);
		});

		it('in time', async () => {
			server.faults.push({ fault: { kind: 'hang' } });
			const error = await run(server.baseUrl, { timeout: 100 });
			expectFailure(error, ['no response came in time', REMEDY, 'network', true, null]);
		});
	});

	describe('what the node itself refuses, before anything is sent', () => {
		it.each<[string, IDataObject, IDataObject, string, RegExp, string]>([
			[
				'a base URL that is no web address',
				{ baseUrl: 'api.linqapp.com' },
				{},
				'The base URL in the Linq API credential is not a web address',
				/^Enter it with https:\/\//,
				'credential',
			],
			[
				'a base URL with a user name',
				{ baseUrl: 'https://user@api.linqapp.com' },
				{},
				'The base URL in the Linq API credential has a user name in it',
				/^Remove the part before the @/,
				'credential',
			],
			[
				'no line',
				{},
				{ line: "={{ '' }}" },
				'No line is chosen',
				/^Choose the line from the list/,
				'input',
			],
			[
				'no number',
				{},
				{ forwardingNumber: '' },
				'The forwarding number is empty',
				/^To stop forwarding calls, choose Clear/,
				'input',
			],
			[
				'a number that is none',
				{},
				{ forwardingNumber: '2025557777' },
				'The forwarding number "2025557777" does not begin with + and the country code',
				/write "\+12025557777"/,
				'input',
			],
			[
				'a line to itself',
				{},
				{ line: FORWARD },
				`The line ${FORWARD} cannot be forwarded to itself`,
				/^Enter another forwarding number/,
				'input',
			],
			[
				'an unknown operation',
				{},
				{ operation: 'delete' },
				'The operation "delete" is not one of list, updateForwarding',
				/^Open the node and choose the operation/,
				'input',
			],
		])('%s', async (_, credentials, parameters, message, description, source) => {
			const { outputs } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: server.lines[0]?.id ?? '',
					forwardingNumber: FORWARD,
					...parameters,
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl, ...credentials },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({
				message: expect.stringContaining(message) as string,
				description: expect.stringMatching(description) as string,
				source,
				retryable: false,
				http_status: null,
			});
			expect(server.requests).toEqual([]);
		});

		it('a line that is not in the account', async () => {
			const { outputs } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: '+12025558888',
					forwardingNumber: FORWARD,
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({
				message: 'There is no line +12025558888 in this Linq account',
				source: 'input',
				retryable: false,
				http_status: null,
			});
		});
	});

	it('a key pasted with Bearer in front stays out of an error that quotes it', async () => {
		const body = JSON.stringify({ error: { code: 2004, message: `No such key: secret-key` } });
		server.faults.push({ fault: { kind: 'response', status: 401, body } });
		const { run: finished, error } = await runNode({
			parameters: { operation: 'list' },
			credentials: { apiKey: 'Bearer secret-key', baseUrl: server.baseUrl },
		});
		expect(error?.message).toContain('No such key: ***');
		expect(JSON.stringify(finished)).not.toContain('secret-key');
	});

	describe('whether it was sent', () => {
		const summary = async (baseUrl: string) => {
			const ids = server.lines.slice(0, 2).map(({ id }) => ({ id }));
			const { error } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
					forwardingNumber: FORWARD,
					options: { maxRetries: 0 },
				},
				items: ids,
				credentials: { apiKey: server.apiKey, baseUrl },
			});
			return error?.description ?? '';
		};

		it('it may have been if the response cannot be read', async () => {
			const { url } = await rawUrl('garbage\r\n\r\n');
			expect(await summary(url)).toContain('Sent without a confirmation: [item 1].');
		});

		it('it was not if there was no secure connection', async () => {
			expect(await summary(await tlsUrl())).not.toContain('Sent without');
		});
	});
});
