import type { IExecuteSingleFunctions, IHttpRequestOptions } from 'n8n-workflow';
import type { LinqResponse } from '../shared/linq/apiError';
import type { ForwardingWrites } from '../shared/linq/forwardingWrites';
import { LineIndex } from '../shared/linq/lineIndex';
import type { PhoneNumber, UpdatedForwarding } from '../shared/linq/phoneNumber';
import { getForwardingNumber, parsePhoneNumberList } from '../shared/linq/phoneNumber';
import { LIST_LINES_ACTION } from '../shared/n8n/listLines';
import type { RetryOptions } from './retryOptions';

/** A request for the list of lines, with an item's own options. */
export interface ListRequest {
	context: IExecuteSingleFunctions;
	request: IHttpRequestOptions;
	retryOptions: RetryOptions;
}

/** What `LineState` uses of the account. */
interface Account {
	readonly writes: ForwardingWrites;
	send(
		context: IExecuteSingleFunctions,
		request: IHttpRequestOptions,
		action: string,
		retryOptions: RetryOptions,
	): Promise<LinqResponse>;
}

/** One list of the account's lines. */
interface Listing {
	/** When it was requested, by the account's `nextSequence`. */
	sequence: number;
	index: Promise<LineIndex>;
}

/** What a run knows of an account's lines: what Linq's list says, and what was written since. */
export class LineState {
	/** By the options they were requested with: items with the same options share one request. */
	private readonly listings = new Map<string, Listing>();
	/** The newest list. */
	private latest?: LineIndex;

	constructor(private readonly account: Account) {}

	/** Returns the account's lines. Items with the same options share one request per run. */
	async list(list: ListRequest): Promise<LineIndex> {
		return await this.listing(list, 0).index;
	}

	/** Returns the line, if a list of the run has it already. */
	findListed(id: string): PhoneNumber | undefined {
		return this.latest?.find(id);
	}

	/**
	 * Returns a line as it is now, as far as this n8n process can know.
	 *
	 * @throws LinqError if there is no such line, or Linq does not list them
	 */
	async current(id: string, list: ListRequest): Promise<UpdatedForwarding> {
		const write = this.account.writes.last(id);
		// An unconfirmed write may have been applied: only a newer list tells.
		const newerThan = write && !write.isConfirmed ? write.sequence : 0;
		const { sequence, index } = this.listing(list, newerThan);
		const line = (await index).byId(id);
		const isOutdated = write?.isConfirmed === true && write.sequence > sequence;
		return {
			id: line.id,
			phone_number: line.phone_number,
			forwarding_number: isOutdated ? write.forwardingNumber : getForwardingNumber(line),
		};
	}

	private listing({ context, request, retryOptions }: ListRequest, newerThan: number): Listing {
		const key = JSON.stringify([request, retryOptions]);
		const known = this.listings.get(key);
		if (known && known.sequence > newerThan) return known;
		const index = this.account
			.send(context, { ...request, method: 'GET' }, LIST_LINES_ACTION, retryOptions)
			.then(({ body }) => (this.latest = new LineIndex(parsePhoneNumberList(body))));
		const listing = { sequence: this.account.writes.nextSequence(), index };
		this.listings.set(key, listing);
		// Items that wait for it fail with it; later items of a long run list again.
		index.catch(() => {
			if (this.listings.get(key) === listing) this.listings.delete(key);
		});
		return listing;
	}
}
