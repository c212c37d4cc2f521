import { compareReputations } from '../../nodes/shared/linq/reputation';

describe('Two reputations compared', () => {
	it.each([
		['HEALTHY', 'AT_RISK', 'worsened'],
		['HEALTHY', 'CRITICAL', 'worsened'],
		['AT_RISK', 'CRITICAL', 'worsened'],
		['CRITICAL', 'AT_RISK', 'improved'],
		['CRITICAL', 'HEALTHY', 'improved'],
		['AT_RISK', 'HEALTHY', 'improved'],
		['AT_RISK', 'AT_RISK', 'none'],
		['HEALTHY', 'WATCHED', 'none'],
		['WATCHED', 'CRITICAL', 'none'],
		[null, 'CRITICAL', 'none'],
		['HEALTHY', undefined, 'none'],
		['healthy', 'critical', 'none'],
	])('%s to %s: %s', (previous, next, change) => {
		expect(compareReputations(previous, next)).toBe(change);
	});
});
