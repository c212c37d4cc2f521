const INITIAL_LIMIT = 10;
const MAX_LIMIT = 50;

/** What a successful response adds before the first loss: the limit grows by 30% each round trip. */
const SLOW_START_INCREASE = 0.3;

/** How many round trips of successful responses add one after the first loss. */
const ROUNDS_PER_INCREASE = 150;

/**
 * A concurrency limit that learns how much a server takes: additive increase, multiplicative decrease (AIMD) after a
 * slow start, and a pause if the server asks for one. All times are in milliseconds since the same moment.
 * @see https://www.rfc-editor.org/rfc/rfc5681
 */
export class AimdLimit {
	private value = INITIAL_LIMIT;
	private decreasedAt = -Infinity;
	private pausedUntil = -Infinity;

	/** How many requests may be in flight: 1 to 50. */
	get current(): number {
		return Math.floor(this.value);
	}

	/** Records a success, if other requests waited for a permit meanwhile. */
	onSuccess(): void {
		const isSlowStart = this.decreasedAt === -Infinity;
		const increase = isSlowStart ? SLOW_START_INCREASE : 1 / (ROUNDS_PER_INCREASE * this.value);
		this.value = Math.min(MAX_LIMIT, this.value + increase);
	}

	/**
	 * Records that a request was throttled, or its connection failed. Requests in flight together count as one loss.
	 *
	 * @param pauseMs how long the server asked to wait, 0 if it did not
	 */
	onLoss(sentAt: number, now: number, pauseMs: number): void {
		this.pausedUntil = Math.max(this.pausedUntil, now + pauseMs);
		if (sentAt < this.decreasedAt) return;
		this.decreasedAt = now;
		this.value = Math.max(1, this.value / 2);
	}

	/** Returns how long to wait before the next request. */
	pauseMs(now: number): number {
		return Math.max(0, this.pausedUntil - now);
	}
}
