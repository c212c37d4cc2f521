import { retryAfterMs, backoffMs } from '../../nodes/shared/linq/retryPolicy';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('The wait that Linq asks for', () => {
	it.each([
		[{}, undefined, 0],
		[{ 'retry-after': '3' }, undefined, 3_000],
		[{ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }, undefined, 5_000],
		[{ 'retry-after': 'Thu, 01 Jan 2025 00:00:00 GMT' }, undefined, 0],
		[{ 'retry-after': 'soon' }, undefined, 0],
		[{ 'retry-after': '-4' }, undefined, 0],
		[{ 'retry-after-ms': '250' }, undefined, 250],
		[{ 'retry-after': '1' }, 7, 7_000],
	])('by the headers %j and %s in the body is %i ms', (headers, bodyRetryAfter, ms) => {
		expect(retryAfterMs({ headers, bodyRetryAfter }, NOW)).toBe(ms);
	});
});

describe('The backoff', () => {
	it.each([
		[0, 0, 500],
		[0, 1, 625],
		[1, 0, 1_000],
		[2, 0, 2_000],
		[9, 0, 8_000],
	])('before retry %i with the random number %i is %i ms', (retry, random, ms) => {
		expect(backoffMs(retry, random)).toBe(ms);
	});
});
