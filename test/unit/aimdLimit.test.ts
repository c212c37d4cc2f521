import { AimdLimit } from '../../nodes/shared/concurrency/aimdLimit';

describe('The concurrency limit', () => {
	const succeed = (limit: AimdLimit, times: number) => {
		for (let responses = 0; responses < times; responses++) limit.onSuccess();
	};

	it('begins at 10, and grows by 30% each round trip, up to 50', () => {
		const limit = new AimdLimit();
		expect(limit.current).toBe(10);
		succeed(limit, 10);
		expect(limit.current).toBe(13);
		succeed(limit, 14);
		expect(limit.current).toBe(17);
		succeed(limit, 1_000);
		expect(limit.current).toBe(50);
	});

	it('halves once for losses that were in flight together, never below 1', () => {
		const limit = new AimdLimit();
		succeed(limit, 1_000);
		limit.onLoss(100, 200, 0);
		limit.onLoss(150, 210, 0);
		expect(limit.current).toBe(25);
		limit.onLoss(205, 220, 0);
		expect(limit.current).toBe(12);
		for (let loss = 1; loss < 10; loss++) limit.onLoss(1_000 * loss, 1_000 * loss, 0);
		expect(limit.current).toBe(1);
	});

	it('grows by one in 150 round trips after the first loss', () => {
		const limit = new AimdLimit();
		limit.onLoss(1, 2, 0);
		expect(limit.current).toBe(5);
		succeed(limit, 5 * 150);
		expect(limit.current).toBe(5);
		// A little more than that, for the limit grows meanwhile.
		succeed(limit, 100);
		expect(limit.current).toBe(6);
	});

	it('pauses for the longest wait that a response asked for', () => {
		const limit = new AimdLimit();
		expect(limit.pauseMs(0)).toBe(0);
		limit.onLoss(0, 100, 1_000);
		// In flight with the first: no loss of its own, but a longer pause.
		limit.onLoss(50, 200, 2_000);
		limit.onLoss(60, 300, 10);
		expect(limit.pauseMs(1_200)).toBe(1_000);
		expect(limit.pauseMs(2_200)).toBe(0);
		expect(limit.pauseMs(9_999)).toBe(0);
		expect(limit.current).toBe(5);
	});

	/**
	 * Simulates 1,000 requests to a server that allows `perSecond` of them and responds to the others with a Retry-After
	 * of one second.
	 */
	function simulate(perSecond: number, latencyMs: number) {
		const limit = new AimdLimit();
		const inFlight: Array<{ sentAt: number; endsAt: number; isRejected: boolean }> = [];
		let [now, window, used, done, rejected, waiting] = [0, -Infinity, 0, 0, 0, 1_000];
		while (done < 1_000) {
			while (waiting > 0 && inFlight.length < limit.current && limit.pauseMs(now) === 0) {
				if (now - window >= 1_000) [window, used] = [now, 0];
				inFlight.push({
					sentAt: now,
					endsAt: now + latencyMs,
					isRejected: ++used > perSecond,
				});
				waiting--;
				// The time it takes to send one.
				now += 0.5;
			}
			const [next] = inFlight;
			if (next && next.endsAt <= now + latencyMs) {
				now = Math.max(now, next.endsAt);
				inFlight.shift();
				if (next.isRejected) {
					limit.onLoss(next.sentAt, now, 1_000);
					rejected++;
					waiting++;
				} else {
					if (waiting > 0) limit.onSuccess();
					done++;
				}
			} else now += Math.max(1, limit.pauseMs(now));
		}
		return { seconds: now / 1_000, rejectedShare: rejected / (1_000 + rejected) };
	}

	it.each([
		[100, 1],
		[100, 50],
		[100, 200],
		[50, 50],
		[200, 50],
	])(
		'with %i requests allowed a second, of %i ms each, under 12%% are rejected',
		(perSecond, latencyMs) => {
			const { seconds, rejectedShare } = simulate(perSecond, latencyMs);
			expect(rejectedShare).toBeLessThan(0.12);
			expect(seconds).toBeLessThan((1_000 / perSecond) * 1.8);
		},
	);
});
