/** How long requests may fail, with no success in between, before a run gives up. */
const GIVE_UP_AFTER_MS = 10_000;

/** Decides when a run gives up on a server. All times are in milliseconds since the same moment. */
export class CircuitBreaker {
	private lastSuccessAt = -Infinity;
	/** When the first request was sent that has failed since the last success. */
	private failingSince?: number;

	/** Records a success. */
	onSuccess(now: number): void {
		this.lastSuccessAt = now;
		this.failingSince = undefined;
	}

	/** Records a transient failure. */
	onFailure(sentAt: number): void {
		this.failingSince ??= Math.max(sentAt, this.lastSuccessAt);
	}

	/** Records that the server asked for a longer pause than a run waits. */
	onLongPause(): void {
		this.failingSince = -Infinity;
	}

	/** Returns true if a request that has used up its retries is reason enough to send no more. */
	mustGiveUp(now: number): boolean {
		return this.failingSince !== undefined && now - this.failingSince >= GIVE_UP_AFTER_MS;
	}
}
