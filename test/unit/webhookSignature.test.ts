import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { isFresh, isSignedBy, parseSignature } from '../../nodes/shared/linq/webhookSignature';

/** A test vector of the Standard Webhooks specification's own libraries. */
const SPECIFICATION = {
	secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
	body: '{"test": 2432232314}',
	headers: {
		'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
		'webhook-timestamp': '1614265330',
		'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
	},
};

const isValid = (headers: Record<string, string>, body: string, secret: string) => {
	const signature = parseSignature(headers);
	return signature !== undefined && isSignedBy(signature, Buffer.from(body), secret);
};

describe('The signature of a delivery', () => {
	it("matches the specification's test vector", () => {
		const { secret, body, headers } = SPECIFICATION;
		const at = new Date(Number(headers['webhook-timestamp']) * 1_000);
		expect(new Webhook(secret).sign(headers['webhook-id'], at, body)).toBe(
			headers['webhook-signature'],
		);
		expect(isValid(headers, body, secret)).toBe(true);
		expect(isValid(headers, body, secret.replace('whsec_', ''))).toBe(true);
	});

	it.each<[string, Partial<typeof SPECIFICATION.headers>, string]>([
		['another body', {}, '{"test": 2432232315}'],
		['another id', { 'webhook-id': 'msg_2' }, SPECIFICATION.body],
		['another time', { 'webhook-timestamp': '1614265331' }, SPECIFICATION.body],
		['an empty signature', { 'webhook-signature': 'v1,' }, SPECIFICATION.body],
		[
			'another version',
			{ 'webhook-signature': 'v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=' },
			SPECIFICATION.body,
		],
	])('does not match %s', (_, headers, body) => {
		expect(isValid({ ...SPECIFICATION.headers, ...headers }, body, SPECIFICATION.secret)).toBe(
			false,
		);
	});

	it('matches what the standardwebhooks package signs, and no other secret', () => {
		for (let size = 16; size <= 64; size++) {
			const secret = `whsec_${randomBytes(size).toString('base64')}`;
			const body = randomBytes(size).toString('hex');
			const at = new Date();
			const headers = {
				'webhook-id': `msg_${size}`,
				'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
				'webhook-signature': new Webhook(secret).sign(`msg_${size}`, at, body),
			};
			expect(isValid(headers, body, secret)).toBe(true);
			expect(isValid(headers, body, SPECIFICATION.secret)).toBe(false);
		}
	});

	it('matches if one of several does', () => {
		const { secret, body, headers } = SPECIFICATION;
		const several = `v1,${'A'.repeat(43)}= v2,x ${headers['webhook-signature']}`;
		expect(isValid({ ...headers, 'webhook-signature': several }, body, secret)).toBe(true);
	});

	it('never matches an empty secret', () => {
		const { body, headers } = SPECIFICATION;
		for (const secret of ['', 'whsec_']) expect(isValid(headers, body, secret)).toBe(false);
	});

	it.each([
		[0, true],
		[300, true],
		[-300, true],
		[301, false],
		[-301, false],
	])('with a timestamp that is %i seconds off: fresh is %s', (seconds, fresh) => {
		const signature = parseSignature(SPECIFICATION.headers);
		if (!signature) throw new Error('Not parsed');
		const now = (Number(SPECIFICATION.headers['webhook-timestamp']) + seconds) * 1_000;
		expect(isFresh(signature, now)).toBe(fresh);
	});
});
