import { CircuitBreaker } from '../../nodes/shared/concurrency/circuitBreaker';

describe('A run gives up', () => {
	it('once requests have failed for ten seconds', () => {
		const breaker = new CircuitBreaker();
		expect(breaker.mustGiveUp(1e9)).toBe(false);
		breaker.onFailure(5_000);
		breaker.onFailure(9_000);
		expect(breaker.mustGiveUp(14_999)).toBe(false);
		expect(breaker.mustGiveUp(15_000)).toBe(true);
	});

	it('not before ten seconds after the last success', () => {
		const breaker = new CircuitBreaker();
		breaker.onFailure(0);
		breaker.onSuccess(9_000);
		expect(breaker.mustGiveUp(20_000)).toBe(false);
		// Sent before the success.
		breaker.onFailure(1_000);
		expect(breaker.mustGiveUp(18_999)).toBe(false);
		expect(breaker.mustGiveUp(19_000)).toBe(true);
	});

	it('at once if the server asks for a long pause', () => {
		const breaker = new CircuitBreaker();
		breaker.onSuccess(100);
		breaker.onLongPause();
		expect(breaker.mustGiveUp(101)).toBe(true);
	});
});
