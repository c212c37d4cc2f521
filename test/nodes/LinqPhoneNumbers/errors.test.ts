import type { IDataObject } from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { readFileSync, readdirSync } from 'node:fs';
import type { ServerOptions } from 'node:https';
import * as tls from 'node:tls';
import { Server } from 'proxy-chain';
import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { searchLines } from '../../../nodes/LinqPhoneNumbers/listSearch';
import { toNodeApiError } from '../../../nodes/shared/n8n/toNodeApiError';
import { getLines } from '../../../nodes/shared/n8n/lineOptions';
import type { Fault, FaultRule } from '../../fakeLinqApi/faultInjection';
import { startFakeLinqApi, type FakeLinqApi } from '../../fakeLinqApi/server';
import { rawServer, tlsServer } from '../../support/brokenServers';
import { selfSigned } from '../../support/certificates';
import { useFakeClock } from '../../support/fakeClock';
import { loadOptionsContext, runNode, startRun } from '../../support/runNode';

const FORWARD = '+12025557777';

/** The error of a failed item. */
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

/** A line's ID and number, for the tables. */
const ID = '550e8400-e29b-41d4-a716-446655440000';
const LINE = '+12025550000';

interface Rejected {
	parameters?: IDataObject;
	credentials?: IDataObject;
	/** `input` by default. */
	source?: string;
}

/** Errors before any request: cause, message, description, and the input. */
const REFUSALS: Array<[cause: string, message: string, description: RegExp, Rejected]> = [
	[
		'a base URL that is not a URL',
		'The base URL in the Linq API credential is not a valid http or https URL',
		/^Enter it with https:\/\//,
		{ credentials: { baseUrl: 'api.linqapp.com' }, source: 'credential' },
	],
	[
		'a base URL with a user name',
		'The base URL in the Linq API credential has a user name in it',
		/^Remove the part before the @/,
		{ credentials: { baseUrl: 'https://user@api.linqapp.com' }, source: 'credential' },
	],
	[
		'an unknown operation',
		'The operation "delete" is not one of list, updateForwarding',
		/^Open the node and choose the operation/,
		{ parameters: { operation: 'delete' } },
	],
	[
		'no line from the list',
		'No line selected',
		/^Select a line from the list, or enter its phone number or ID\.$/,
		{ parameters: { line: { __rl: true, mode: 'list', value: '={{ null }}' } } },
	],
	[
		'no line from the data',
		'The line is empty',
		/^The data has no phone number or ID for the line\.$/,
		{ parameters: { line: { __rl: true, mode: 'number', value: '={{ null }}' } } },
	],
	[
		'an object in place of a line',
		'The line is an object with the fields id, phone_number',
		/^Use one of its fields.*\{\{ \$json\.phone_number \}\}/,
		{ parameters: { line: '={{ { id: 1, phone_number: 2 } }}' } },
	],
	[
		'an ID in place of a phone number',
		`The line "${ID}" is an ID, not a phone number`,
		/^Choose By ID/,
		{ parameters: { line: { __rl: true, mode: 'number', value: ID } } },
	],
	[
		'a phone number in place of an ID',
		`The line's ID "${LINE}" is not a UUID`,
		/^Enter the ID as returned by List.* or choose By Phone Number/,
		{ parameters: { line: { __rl: true, mode: 'id', value: LINE } } },
	],
	[
		'an empty number',
		`The forwarding number is empty (line ${ID})`,
		/^To stop forwarding, choose Clear under Forwarding\. If the value .* for this item\.$/,
		{ parameters: { forwardingNumber: '' } },
	],
	[
		'an empty number with Set or Clear',
		`The forwarding number is empty (line ${ID})`,
		/^To stop forwarding, give the word clear\. If the value .* for this item\.$/,
		{ parameters: { forwarding: 'setOrClear', forwardingNumber: '' } },
	],
	[
		'the word clear with Set',
		`The forwarding number is the word "clear" (line ${LINE})`,
		/^To let the data stop forwarding, choose Set or Clear under Forwarding\.$/,
		{ parameters: { line: LINE, forwardingNumber: ' Clear' } },
	],
	[
		'a word that is nearly clear',
		`The forwarding number "stop" is not a phone number (line ${ID})`,
		/^To stop forwarding, give the word clear\. Enter \+ and the country code/,
		{ parameters: { forwarding: 'setOrClear', forwardingNumber: 'stop' } },
	],
	[
		'a wrong number with Set or Clear',
		`The forwarding number "2025557777" does not begin with + and the country code (line ${ID})`,
		/^Start with \+/,
		{ parameters: { forwarding: 'setOrClear', forwardingNumber: '2025557777' } },
	],
	[
		'a value that is not a number',
		`The forwarding number is not a phone number (line ${ID})`,
		/^Enter a phone number with its country code as text/,
		{ parameters: { forwardingNumber: '={{ true }}' } },
	],
	[
		'a number without its country code',
		`The forwarding number "2025557777" does not begin with + and the country code (line ${ID})`,
		/^Start with \+ and the country code, e\.g\. \+442079460000\. For a US or Canadian number, write \+12025557777\.$/,
		{ parameters: { forwardingNumber: '2025557777' } },
	],
	[
		'a number with a 0 in parentheses',
		`The forwarding number "+44 (0)20 7946 0000" has a 0 in parentheses (line ${ID})`,
		/^Write the number as it is dialed from abroad/,
		{ parameters: { forwardingNumber: '+44 (0)20 7946 0000' } },
	],
	[
		'a number with letters',
		`The forwarding number "+1 202 555 CALL" is not a phone number (line ${ID})`,
		/Letters and extensions are not allowed\.$/,
		{ parameters: { forwardingNumber: '+1 202 555 CALL' } },
	],
	[
		'a number that is too short',
		`The forwarding number "+1202555777" has 9 digits after +1 (line ${ID})`,
		/^Numbers with the country code \+1 have ten digits/,
		{ parameters: { forwardingNumber: '+1202555777' } },
	],
	[
		'a number without an area code',
		`The forwarding number "+10205557777" has a 0 after +1 (line ${ID})`,
		/^Area codes after \+1 begin with 2 to 9/,
		{ parameters: { forwardingNumber: '+10205557777' } },
	],
	[
		'a number with a trunk prefix',
		`The forwarding number "+44 020 7946 0000" has a 0 after the country code (line ${ID})`,
		/^Leave this 0 out: it is only dialed inside the country/,
		{ parameters: { forwardingNumber: '+44 020 7946 0000' } },
	],
	[
		'a line forwarded to itself',
		`The line ${FORWARD} cannot be forwarded to itself`,
		/^Enter another forwarding number\. To stop forwarding, choose Clear under Forwarding\.$/,
		{ parameters: { line: FORWARD } },
	],
	[
		'a line forwarded to itself with Set or Clear',
		`The line ${FORWARD} cannot be forwarded to itself`,
		/^Enter another forwarding number\. To stop forwarding, give the word clear\.$/,
		{ parameters: { line: FORWARD, forwarding: 'setOrClear' } },
	],
	[
		'an unknown option',
		'Forwarding is not one of set, clear, setOrClear',
		/^Choose it from the list, or let the expression return one of set, clear, setOrClear/,
		{ parameters: { forwarding: "={{ 'Clear' }}" } },
	],
	[
		'a value that is not a boolean',
		'Skip Unchanged is neither true nor false',
		/^Turn Skip Unchanged on or off/,
		{ parameters: { options: { skipUnchanged: "={{ 'yes' }}" } } },
	],
	[
		'a number out of range',
		'Max Retries is not a whole number from 0 to 10',
		/^Enter a whole number from 0 to 10/,
		{ parameters: { options: { maxRetries: 11 } } },
	],
	[
		'a list with an unknown option',
		'The filter Reputation is not a list of HEALTHY, AT_RISK, CRITICAL',
		/^Choose from the list, or let the expression return a list, e\.g\. \{\{ \["HEALTHY", "AT_RISK"\] \}\}/,
		{ parameters: { operation: 'list', filters: { reputation: "={{ 'bad' }}" } } },
	],
	[
		'an empty filter of lines',
		'The filter Line Names or IDs is empty',
		/^Choose lines from the list, or none to get all/,
		{ parameters: { operation: 'list', filters: { lines: "={{ '' }}" } } },
	],
];

interface AfterRequests {
	source: string;
	faults: FaultRule[];
	parameters?: IDataObject;
}
const responds = (body: object): FaultRule => ({
	fault: { kind: 'response', status: 200, body: JSON.stringify(body) },
});

/** Errors after successful requests, in the same form. */
const AFTERWARDS: Array<[cause: string, message: string, description: RegExp, AfterRequests]> = [
	[
		'an unknown phone number',
		'There is no line +12025558888 in this Linq account',
		/^Check the number, and that the credential belongs to the same Linq account as the line\. List shows all lines\.$/,
		{ source: 'input', faults: [], parameters: { line: '+12025558888' } },
	],
	[
		'an unknown ID',
		'There is no line with the ID 550e8400-e29b-41d4-a716-446655440009 in this Linq account',
		/^Check the ID, and that the credential belongs to the same Linq account as the line\. List shows all lines\.$/,
		{
			source: 'input',
			faults: [],
			parameters: {
				line: '550e8400-e29b-41d4-a716-446655440009',
				options: { skipUnchanged: true },
			},
		},
	],
	[
		'a response without a list',
		'Linq returned no list of phone numbers',
		/^The response does not match the Linq Partner API v3/,
		{ source: 'linq', faults: [responds({})], parameters: { operation: 'list' } },
	],
	[
		'a list with an entry that is not a line',
		"Entry 1 of Linq's list of phone numbers is not a line",
		/^The response does not match the Linq Partner API v3/,
		{
			source: 'linq',
			faults: [responds({ phone_numbers: [{}] })],
			parameters: { operation: 'list' },
		},
	],
	[
		'a response about another object',
		'Linq did not confirm the update: its response is not about this line',
		/List the lines to see where the calls go now\.$/,
		{ source: 'linq', faults: [responds({})] },
	],
	[
		'a response with another number',
		`Linq did not confirm the update: it reported ${LINE} forwarding to no number, expected ${FORWARD}`,
		/^List the lines to see where the calls go now, then run the update again\.$/,
		{ source: 'linq', faults: [responds({ id: ID, phone_number: LINE })] },
	],
	[
		'a line forwarded to itself by ID',
		`The line ${LINE} is now forwarded to itself, so its calls reach nobody`,
		/^Linq applied the update as it was sent\. Update the line once more/,
		{ source: 'input', faults: [], parameters: { forwardingNumber: LINE } },
	],
];

describe('The error of', () => {
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
	const tlsUrl = async (options: ServerOptions = selfSigned('IP:127.0.0.1')) => {
		const { port, close } = await tlsServer(options);
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
	const NOT_LINQ =
		/^(?:Linq may have applied the update anyway: .*)?This response is not from Linq's API: a proxy or a firewall.* HTTP \d+\./;

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
					/^The API key has no permission for this\. Check that the line belongs/,
					'credential',
					false,
					403,
				],
			],
			[
				linq(2001),
				[
					'Resource not found',
					/^Check that the line is in this Linq account \(List shows them\)/,
					'input',
					false,
					404,
				],
			],
			[
				linq(1007),
				['Rate limit exceeded', /^Linq limits the rate.* n8n tried 2 times\./, 'linq', true, 429],
			],
			[
				linq(3006),
				[
					'Internal server error',
					/^Linq may have applied the update anyway: List shows where calls go\. This is a server error at Linq\. .*HTTP 500, code 3006\./,
					'linq',
					true,
					500,
				],
			],
		])('%j', async (fault, expected) => {
			server.faults.push({ fault });
			expectFailure(await run(), expected);
		});

		it.each<[Fault, Partial<FailedItem>]>([
			[
				linq(1002),
				{
					message: 'Could not list the lines: Phone number must be in E.164 format',
					description: expect.stringMatching(
						/^Nothing that you entered was sent\. Check the base URL in the Linq API credential\./,
					) as string,
					source: 'linq',
				},
			],
			[
				linq(2001),
				{
					message: 'Could not list the lines: Resource not found',
					description: expect.stringMatching(/^Check the base URL/) as string,
					source: 'credential',
				},
			],
			[
				linq(2005),
				{
					message: expect.stringMatching(/^Could not list the lines: Access denied/) as string,
					description: expect.stringMatching(
						/^The API key has no permission for this\. Ask whoever manages the Linq account\./,
					) as string,
					source: 'credential',
				},
			],
		])('in response to List: %j', async (fault, expected) => {
			server.faults.push({ fault });
			const { outputs } = await runNode({
				parameters: { operation: 'list' },
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({ ...expected, retryable: false });
		});
	});

	describe('a response that is not from Linq', () => {
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
			// E.g. from Google's load balancers, whose code is the status.
			[
				other(400, '{"error":{"code":400,"message":"Bad request"}}', 'application/json'),
				['Bad request', NOT_LINQ, 'network', false, 400],
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
					'a proxy requires a user name and a password',
					/proxy \(Settings → Request Options/,
					'network',
					false,
					407,
				],
			],
			...[408, 500, 502, 503, 504].map((status): [Fault, Expected] => [
				other(status),
				[WEB_PAGE, /at Linq or on the way to it, e\.g\. at a proxy/, 'network', true, status],
			]),
			[other(429), [WEB_PAGE, /^Linq or something on the way to it limits/, 'network', true, 429]],
			[other(501), [WEB_PAGE, NOT_LINQ, 'network', false, 501]],
			...[
				other(200),
				other(200, ' <!DOCTYPE html>', 'application/json'),
				other(203, 'Please log in'),
			].map((page): [Fault, Expected] => [
				page,
				[
					WEB_PAGE,
					/^Linq may have applied the update anyway: List shows where calls go\. This response is not from Linq's API: a proxy or a firewall.* HTTP 20\d\./,
					'network',
					false,
					page.kind === 'response' ? page.status : null,
				],
			]),
			[
				other(200, 'Blocked', 'text/plain'),
				['the response is not JSON', /This response is not from Linq's API/, 'network', false, 200],
			],
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

	it('a firewall’s page instead of the list', async () => {
		server.faults.push({ fault: other(200) });
		const { outputs } = await runNode({
			parameters: { operation: 'list' },
			credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
			onError: 'continueRegularOutput',
		});
		expect(outputs[0]?.[0]?.json.error).toMatchObject({
			message: `Could not list the lines: ${WEB_PAGE}`,
			description: expect.stringMatching(NOT_LINQ) as string,
			source: 'network',
			retryable: false,
			http_status: 200,
		});
		expect(server.requests).toHaveLength(1);
	});

	describe('a proxy', () => {
		it.each(['http', 'https'])('that requires a password (%s)', async (protocol) => {
			const proxy = await proxyUrl(
				new Server({
					host: '127.0.0.1',
					port: 0,
					prepareRequestFunction: () => ({ requestAuthentication: true }),
				}),
			);
			const baseUrl = protocol === 'http' ? server.baseUrl : await tlsUrl();
			expectFailure(await run(baseUrl, { proxy }), [
				'a proxy requires a user name and a password',
				/^Check the proxy \(Settings → Request Options, .*http:\/\/user:password@host:port/,
				'network',
				false,
				407,
			]);
		});

		it.each([
			[
				'https',
				'the proxy closed the connection',
				/^Check the proxy \(Settings → Request Options,/,
			],
			[
				'http',
				'the connection was lost before the response was complete',
				/check n8n's network and proxy, then try again\./,
			],
		])('that hangs up (%s) comes after retries', async (protocol, reason, description) => {
			const { port, connections, close } = await rawServer((socket) => socket.destroy());
			toClose.push(close);
			const baseUrl = protocol === 'http' ? server.baseUrl : await tlsUrl();
			const error = await run(baseUrl, { proxy: `http://127.0.0.1:${port}` });
			expectFailure(error, [reason, description, 'network', true, null]);
			expect(connections()).toBe(2);
		});
	});

	it("a proxy without an address in n8n's environment", async () => {
		process.env.HTTP_PROXY = 'http://';
		try {
			expectFailure(await run('http://linq.example'), [
				"the proxy's address is not a URL",
				/^Correct the proxy \(.*HTTPS_PROXY in n8n's environment\), e\.g\. http:\/\/user:password@host:port\. \(ERR_INVALID_URL\)$/,
				'network',
				false,
				null,
			]);
		} finally {
			delete process.env.HTTP_PROXY;
		}
	});

	describe('TLS', () => {
		it('with a self-signed certificate', async () => {
			const url = await tlsUrl();
			expectFailure(await run(url), [
				"the server's certificate is not from an authority that n8n trusts",
				/NODE_EXTRA_CA_CERTS\. .*turn on Settings → Request Options → Ignore SSL Issues\. \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
				'network',
				false,
				null,
			]);
			// The remedy helps: the error is then that the server is not Linq.
			const error = await run(url, { allowUnauthorizedCerts: true });
			expect(error?.message).toContain('Linq did not confirm the update');
		});

		it('with an expired certificate', async () => {
			expectFailure(await run(await tlsUrl(selfSigned('IP:127.0.0.1', { expired: true }))), [
				"the server's certificate has expired, or is not valid yet",
				/turn on Settings → Request Options → Ignore SSL Issues\. \(CERT_HAS_EXPIRED\)$/,
				'network',
				false,
				null,
			]);
		});

		// Node.js 20 has no way to add trusted certificates.
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

		it('that ends before the connection is secure', async () => {
			const { port, connections, close } = await rawServer((socket) => socket.end());
			toClose.push(close);
			expectFailure(await run(`https://127.0.0.1:${port}`), [
				'the connection was closed before it was secure',
				/including http or https/,
				'network',
				true,
				null,
			]);
			expect(connections()).toBe(2);
		});

		it.each<[string, Partial<ServerOptions>, string, RegExp]>([
			[
				'1.3',
				{},
				'the server ended the secure connection',
				/^Linq may have applied the update anyway: .* It may want a client certificate/,
			],
			[
				'1.2, which fails before the request is sent',
				{ maxVersion: 'TLSv1.2' },
				'no secure connection could be made',
				/check https or http.*HTTPS_PROXY in n8n's environment\)\. \(EPROTO\)$/,
			],
		])(
			'%s, with a server that requires a client certificate',
			async (_, options, reason, description) => {
				const url = await tlsUrl({ ...selfSigned('IP:127.0.0.1'), requestCert: true, ...options });
				expectFailure(await run(url, { allowUnauthorizedCerts: true }), [
					reason,
					description,
					'network',
					false,
					null,
				]);
			},
		);

		it('of a server that is called by plain http', async () => {
			expectFailure(await run((await tlsUrl()).replace('https:', 'http:')), [
				'the connection was lost before the response was complete',
				/including http or https/,
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
				'not HTTP',
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
				'not gzip',
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
			'(%s) comes after retries, and says that the update may be applied',
			async (_, bytes, reason, description) => {
				const { url, connections } = await rawUrl(bytes);
				expectFailure(await run(url), [reason, description, 'network', true, null]);
				expect(connections()).toBe(2);
			},
		);
	});

	describe('a server out of reach', () => {
		const REMEDY =
			/^Check the base URL in the Linq API credential, including http or https\. If it is right, check n8n's network and proxy, then try again\. n8n tried 2 times\. \([A-Z_]+\)$/;

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
				['the server refused the connection', REMEDY, 'network', true, null],
			],
		])('%s', async (baseUrl, requestOptions, expected) => {
			expectFailure(await run(baseUrl, requestOptions), expected);
		});

		it('(a timeout)', async () => {
			server.faults.push({ fault: { kind: 'hang' } });
			const error = await run(server.baseUrl, { timeout: 100 });
			expectFailure(error, [
				'no response came in time',
				/^Linq may have applied the update anyway: .* Check the base URL.* n8n tried 2 times\./,
				'network',
				true,
				null,
			]);
		});
	});

	describe('invalid input, before anything is sent', () => {
		it.each(REFUSALS)('%s', async (_, message, description, { source = 'input', ...run }) => {
			const { outputs } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: ID,
					forwardingNumber: FORWARD,
					...run.parameters,
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl, ...run.credentials },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({
				message,
				description: expect.stringMatching(description) as string,
				source,
				retryable: false,
				http_status: null,
			});
			expect(server.requests).toEqual([]);
		});

		it.each<[line: unknown, shown: string | null]>([
			['', null],
			[' \u200b', null],
			[null, null],
			[{ id: ID }, null],
			[' 202 555 0000', '202 555 0000'],
			[2025550000, '2025550000'],
		])('the line %j: a later node gets %j', async (line, shown) => {
			const { outputs } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'number', value: `={{ ${JSON.stringify(line)} }}` },
					forwardingNumber: FORWARD,
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({ line: shown, source: 'input' });
		});

		it('a node without a credential, which n8n itself rejects', async () => {
			const { error } = await runNode({ parameters: { operation: 'list' } });
			expect(error?.message).toBe('Node does not have any credentials set');
		});
	});

	describe('an unexpected outcome of successful requests', () => {
		it.each(AFTERWARDS)('%s', async (_, message, description, { source, faults, parameters }) => {
			server.faults.push(...faults);
			const [line] = server.lines;
			if (line) Object.assign(line, { id: ID, phone_number: LINE });
			const { outputs } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: ID,
					forwardingNumber: FORWARD,
					...parameters,
				},
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.[0]?.json.error).toMatchObject({
				message,
				description: expect.stringMatching(description) as string,
				source,
				retryable: false,
				http_status: null,
			});
		});

		it('a bug in the node', () => {
			const node = {
				id: '1',
				name: 'Linq',
				type: 'linqPhoneNumbers',
				typeVersion: 1,
				parameters: {},
			};
			expect(
				toNodeApiError({ ...node, position: [0, 0] }, new TypeError('x is not a function')),
			).toMatchObject({
				message: 'x is not a function',
				description: expect.stringMatching(
					/^This is a bug in the node\. Please report it/,
				) as string,
			});
		});
	});

	it('every error in the source is in a table', () => {
		const folders = ['nodes/LinqPhoneNumbers', 'nodes/shared'];
		const files = folders.flatMap((folder) =>
			readdirSync(folder, { recursive: true, encoding: 'utf8' })
				// The triggers' own errors are in their tests.
				.filter(
					(file) =>
						file.endsWith('.ts') && !/webhookSubscription|targetUrl|changeFilters/.test(file),
				)
				.map((file) => readFileSync(`${folder}/${file}`, 'utf8')),
		);
		const messages = files.flatMap((source) =>
			[...source.matchAll(/(?:inputError|new LinqError)\(\s*(['"`])(.*?)\1,/gs)].map(
				([, , message = '']) => message,
			),
		);
		expect(messages.length).toBeGreaterThan(30);
		const rows = [
			...REFUSALS.map(([, message]) => message),
			...AFTERWARDS.map(([, message]) => message),
			// Tested beside the tables.
			'The Linq API credential could not be read: Node does not have any credentials set',
			// Has no known cause.
			'n8n failed at the request to Linq: reason',
			'Not confirmed: the execution was canceled',
			'Filters is not an object',
			'Not sent: the execution was canceled',
		];
		const missing = messages.filter((message) => {
			const words = message.split(/\$\{.*?\}/).map((part) => part.replaceAll("\\'", "'"));
			// Consists of the action and the reason only, which the other tables have.
			if (words.join('').trim() === ':') return false;
			return !rows.some((row) => words.every((part) => row.includes(part)));
		});
		expect(missing).toEqual([]);
	});

	describe('the lists of lines in the editor, which have no Request Options', () => {
		const messages = async (baseUrl = server.baseUrl, hasCredential = true) => {
			const context = loadOptionsContext(
				new LinqPhoneNumbers(),
				{ operation: 'updateForwarding' },
				hasCredential ? { apiKey: server.apiKey, baseUrl } : undefined,
			);
			return await Promise.all(
				[searchLines.call(context), getLines.call(context)].map(
					async (list) =>
						await list.then(
							() => '',
							(error: unknown) =>
								error instanceof NodeApiError ? `${error.message} ${error.description}` : '',
						),
				),
			);
		};

		it.each<[Fault, RegExp]>([
			[other(400), /Check the proxy \(HTTPS_PROXY in n8n's environment\)/],
			[other(403), /Check also the proxy \(HTTPS_PROXY in n8n's environment\)/],
			[
				other(407),
				/^.*Check the proxy \(HTTPS_PROXY in n8n's environment\): its URL must contain both/,
			],
		])('%j', async (fault, words) => {
			server.faults.push({ fault });
			for (const message of await messages()) {
				expect(message).toMatch(words);
				expect(message).not.toContain('Request Options');
			}
		});

		it('says that there is no credential', async () => {
			for (const message of await messages(server.baseUrl, false)) {
				expect(message).toBe(
					'The Linq API credential could not be read: Node does not have any credentials set Select a Linq API credential in the node, or create one.',
				);
			}
		});

		it('has the remedy for every connection failure, without Request Options', async () => {
			const { port, close } = await rawServer((socket) => socket.end());
			toClose.push(close);
			const { url } = await rawUrl('garbage\r\n\r\n');
			for (const baseUrl of [
				await tlsUrl(),
				await tlsUrl(selfSigned('IP:127.0.0.1', { expired: true })),
				server.baseUrl.replace('http:', 'https:'),
				`https://127.0.0.1:${port}`,
				'http://127.0.0.1:1',
				url,
			]) {
				for (const message of await messages(baseUrl)) {
					expect(message).toMatch(
						/^Could not list the lines: .*\.( n8n tried 2 times\.)? \([A-Z_]+\)$/,
					);
					expect(message).not.toMatch(/Request Options|Ignore SSL| {2}/);
				}
			}
		});
	});

	it('a response that quotes the key does not reveal it, also if it was pasted with Bearer', async () => {
		const body = JSON.stringify({ error: { code: 2004, message: `No such key: secret-key` } });
		server.faults.push({ fault: { kind: 'response', status: 401, body } });
		const { run: finished, error } = await runNode({
			parameters: { operation: 'list' },
			credentials: { apiKey: 'Bearer secret-key', baseUrl: server.baseUrl },
		});
		expect(error?.message).toContain('No such key: ***');
		expect(JSON.stringify(finished)).not.toContain('secret-key');
	});

	describe('a failed update says whether it may be applied:', () => {
		const summary = async (baseUrl: string, requestOptions: IDataObject = {}) => {
			const ids = server.lines.slice(0, 2).map(({ id }) => ({ id }));
			const { error } = await runNode({
				parameters: {
					operation: 'updateForwarding',
					line: { __rl: true, mode: 'id', value: '={{ $json.id }}' },
					forwardingNumber: FORWARD,
					options: { maxRetries: 0 },
					requestOptions,
				} as never,
				items: ids,
				credentials: { apiKey: server.apiKey, baseUrl },
			});
			return error?.description ?? '';
		};

		it('it may, if the response cannot be read', async () => {
			const { url } = await rawUrl('garbage\r\n\r\n');
			expect(await summary(url)).toContain('Sent without confirmation: [item 1].');
		});

		it('it may, if the server requires a client certificate, which TLS 1.3 reports afterwards', async () => {
			const url = await tlsUrl({ ...selfSigned('IP:127.0.0.1'), requestCert: true });
			expect(await summary(url, { allowUnauthorizedCerts: true })).toContain(
				'Sent without confirmation: [item 1].',
			);
		});

		it('it is not, if there was no secure connection', async () => {
			const { port, close } = await rawServer((socket) => socket.end());
			toClose.push(close);
			for (const url of [await tlsUrl(), `https://127.0.0.1:${port}`]) {
				const description = await summary(url);
				expect(description).toContain('No lines were updated.');
				expect(description).not.toMatch(/Sent without|may have applied/);
			}
		});

		it('it may, if the execution was canceled while the request was in flight', async () => {
			const cancel = { now: () => undefined as unknown };
			server.faults.push({
				when: () => {
					setImmediate(() => cancel.now());
					return true;
				},
				fault: { kind: 'hang' },
			});
			// The second item waits for the first, which has the same line.
			const handle = startRun({
				parameters: { operation: 'updateForwarding', line: ID, forwardingNumber: FORWARD },
				items: [{}, {}],
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			cancel.now = handle.cancel;
			const { outputs, status } = await handle.result;
			expect(status).toBe('canceled');
			expect(outputs[0]?.map(({ json }) => json.error)).toMatchObject([
				{
					message: 'Not confirmed: the execution was canceled',
					description: expect.stringMatching(/in flight, so Linq may have received it\./) as string,
					source: 'n8n',
					retryable: false,
					http_status: null,
				},
				{
					message: 'Not sent: the execution was canceled',
					description: 'Run the workflow again for what was not sent.',
					source: 'n8n',
					retryable: false,
					http_status: null,
				},
			]);
			expect(server.requests).toHaveLength(1);
		});

		it('it is not, if the run has given up before', async () => {
			server.faults.push({ fault: { kind: 'apiError', code: 1007, retryAfter: 3_600 } });
			const { outputs } = await runNode({
				parameters: { operation: 'updateForwarding', line: ID, forwardingNumber: FORWARD },
				items: [{}, {}],
				credentials: { apiKey: server.apiKey, baseUrl: server.baseUrl },
				onError: 'continueRegularOutput',
			});
			expect(outputs[0]?.map(({ json }) => json.error)).toMatchObject([
				{
					message: `Could not update the forwarding of line ${ID}: Rate limit exceeded`,
					description: expect.stringMatching(
						/Linq asked to wait 3600 seconds, more than the maximum of 60\./,
					) as string,
				},
				{
					message: 'Not sent: Rate limit exceeded',
					description: expect.stringMatching(
						/^An earlier item failed, and the run gave up\./,
					) as string,
					source: 'linq',
					retryable: true,
					http_status: 429,
				},
			]);
		});
	});
});
