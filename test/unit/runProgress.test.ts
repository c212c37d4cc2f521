import { RunProgress } from '../../nodes/LinqPhoneNumbers/runProgress';

describe('How far a run of updates came', () => {
	const stoppedAt = (item: number, { sent = [] as number[], confirmed = [] as number[] }) => {
		const progress = new RunProgress();
		for (const one of [...sent, ...confirmed]) progress.markSent(one);
		for (const one of confirmed) progress.markConfirmed(one);
		return progress.summary(item);
	};

	it.each([
		[{}, 'No line was updated before.'],
		[{ confirmed: [0] }, 'Updated before: 1, [item 0].'],
		[{ confirmed: [2, 0, 1] }, 'Updated before: 3, [items 0 to 2].'],
		[{ confirmed: [0, 1, 3, 5, 6, 7] }, 'Updated before: 6, [items 0 to 1, 3, 5 to 7].'],
		[{ confirmed: [10, 9, 100] }, 'Updated before: 3, [items 9 to 10, 100].'],
		[
			{ confirmed: [0], sent: [2, 4] },
			'Updated before: 1, [item 0]. Sent without a confirmation: [items 2, 4].',
		],
		// The item that failed is told of by the error itself.
		[{ sent: [8] }, 'No line was updated before.'],
	])('%j: %s', (items, words) => {
		expect(stoppedAt(8, items)).toBe(`The run stopped at [item 8], nothing more is sent. ${words}`);
	});
});
