import { compareReputations } from '../../nodes/shared/linq/reputation';

describe('A reputation change', () => {
	it.each([
		['HEALTHY', 'AT_RISK', 'worsened'],
		['HEALTHY', 'CRITICAL', 'worsened'],
		['AT_RISK', 'CRITICAL', 'worsened'],
		['CRITICAL', 'AT_RISK', 'improved'],
		['CRITICAL', 'HEALTHY', 'improved'],
		['AT_RISK', 'HEALTHY', 'improved'],
		['AT_RISK', 'AT_RISK', 'unchanged'],
		['WATCHED', 'WATCHED', 'unchanged'],
		['HEALTHY', 'WATCHED', 'unknown'],
		['WATCHED', 'CRITICAL', 'unknown'],
		[null, 'CRITICAL', 'unknown'],
		[null, null, 'unknown'],
		['HEALTHY', undefined, 'unknown'],
		['healthy', 'critical', 'unknown'],
	])('from %s to %s is %s', (previous, next, change) => {
		expect(compareReputations(previous, next)).toBe(change);
	});
});
