const FIRST = 10;
const MOST = 50;

/** How many good answers let one request more be under way: slow enough to learn of a limit before many are refused. */
const ANSWERS_FOR_ONE_MORE = 10;

/** How much sooner than before requests follow each other, once so many were answered well, or some for so long. */
const QUICKER = 0.95;
const ANSWERS_FOR_QUICKER = 100;
const QUICKER_AFTER_MS = 10_000;

/** Fewer tell nothing of what Linq bears: others may have used up what it allows. */
const ANSWERS_TO_LEARN_FROM = 20;

/**
 * The pace of a run's requests: more and more are under way while Linq answers well, and half as many where it is
 * overloaded. Where Linq says for how long it wants none, they are spread from then on as it has shown to bear.
 */
export class Pace {
	private allowed = FIRST;
	private slowedAt = -Infinity;
	/** Milliseconds between two requests, once Linq has refused some. */
	private gap = 0;
	/** The gap that Linq has shown to bear, if it refuses more than one. */
	private bearable = 0;
	/** When the next request may be sent. */
	private free = 0;
	private pausedUntil = 0;
	/** How many were answered well, since when. */
	private well = 0;
	private since?: number;
	/** When requests last came closer together. */
	private quickenedAt = -Infinity;

	/** How many requests may be under way at once: 1 to 50. */
	get most(): number {
		return Math.floor(this.allowed);
	}

	/**
	 * When a request may be sent; the one after it may be sent later.
	 *
	 * @param now as the answer, in milliseconds since any moment
	 */
	next(now: number): number {
		this.since ??= now;
		const at = Math.max(now, this.free);
		this.free = at + this.gap;
		return at;
	}

	/** Whether Linq wants no request now. */
	isPaused(now: number): boolean {
		return now < this.pausedUntil;
	}

	/** A request was answered well. */
	quicken(now: number): void {
		this.allowed = Math.min(MOST, this.allowed + 1 / ANSWERS_FOR_ONE_MORE);
		const forLong = now - this.quickenedAt >= QUICKER_AFTER_MS;
		if (++this.well % ANSWERS_FOR_QUICKER !== 0 && !forLong) return;
		this.gap *= QUICKER;
		this.quickenedAt = now;
	}

	/**
	 * A request was refused for the number of requests, got no answer, or a pause was asked for. What was under way
	 * together tells of the same trouble, and slows the run once.
	 *
	 * @param sentAt when it was sent
	 * @param pauseMs how long none is to be sent, 0 where Linq did not say
	 */
	slow(sentAt: number, now: number, pauseMs: number): void {
		this.pausedUntil = Math.max(this.pausedUntil, now + pauseMs);
		this.free = Math.max(this.free, this.pausedUntil);
		if (sentAt < this.slowedAt) {
			// One that is refused alone may be chance.
			this.gap = this.bearable || this.gap;
			this.bearable = 0;
			return;
		}
		this.slowedAt = now;
		this.allowed = Math.max(1, this.allowed / 2);
		this.bearable = 0;
		if (pauseMs > 0 && this.well >= ANSWERS_TO_LEARN_FROM) {
			this.bearable = Math.min(pauseMs, (now - (this.since ?? now) + pauseMs) / this.well);
			this.gap /= QUICKER;
		}
		this.well = 0;
		this.since = now + pauseMs;
		this.quickenedAt = this.since;
	}
}
