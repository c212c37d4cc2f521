import { BoundedMap } from '../concurrency/boundedMap';

/** More lines than an account has. */
const MAX_LINES = 100_000;

/** The last update sent to a line that Linq did not reject. */
export interface ForwardingWrite {
	/** When it was confirmed, or else sent; by `nextSequence`. */
	sequence: number;
	/** E.164 or null, as it was sent. */
	forwardingNumber: string | null;
	/** An unconfirmed write may have been applied, or may be applied later. */
	isConfirmed: boolean;
}

/** The updates that this n8n process has sent to the lines of one account, in any execution. */
export class ForwardingWrites {
	/** By ID in lower case. */
	private readonly writes = new BoundedMap<string, ForwardingWrite>({ maxSize: MAX_LINES });
	private sequence = 0;

	/** How many lines have a write. */
	get size(): number {
		return this.writes.size;
	}

	/** Returns the next number of a logical clock: the time of day may jump. */
	nextSequence(): number {
		return ++this.sequence;
	}

	/** Returns the line's last write, if there is one. */
	last(lineId: string): ForwardingWrite | undefined {
		return this.writes.get(lineId.toLowerCase());
	}

	/** Records that an update is being sent. */
	begin(
		lineId: string,
		forwardingNumber: string | null,
	): { confirm: () => void; reject: () => void } {
		const key = lineId.toLowerCase();
		const earlier = this.writes.get(key);
		const record = (isConfirmed: boolean) => {
			this.writes.set(key, { sequence: this.nextSequence(), forwardingNumber, isConfirmed });
		};
		record(false);
		return {
			confirm: () => {
				record(true);
			},
			reject: () => {
				if (earlier) this.writes.set(key, earlier);
				else this.writes.delete(key);
			},
		};
	}
}
