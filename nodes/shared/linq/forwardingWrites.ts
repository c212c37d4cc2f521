import { BoundedMap } from '../concurrency/boundedMap';

/** More lines than an account has. */
const MAX_LINES = 100_000;

/** The last update of a line that was sent, and that Linq did not reject. */
export interface ForwardingWrite {
	/** When it was confirmed, or else sent; by `nextSequence`. */
	sequence: number;
	/** E.164 or null, as it was sent. */
	forwardingNumber: string | null;
	/** An unconfirmed write may have been applied, or may be applied later. */
	isConfirmed: boolean;
}

/** What this n8n process has written to the lines of one account, whichever execution did. */
export class ForwardingWrites {
	/** By ID in lower case. */
	private readonly writes = new BoundedMap<string, ForwardingWrite>({ maxSize: MAX_LINES });
	private sequence = 0;

	/** How many lines something is known of. */
	get size(): number {
		return this.writes.size;
	}

	/** Numbers what happens, in its order; the time of day may jump. */
	nextSequence(): number {
		return ++this.sequence;
	}

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
