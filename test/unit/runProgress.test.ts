import { RunProgress } from '../../nodes/LinqPhoneNumbers/runProgress';

describe('The progress report of a stopped run', () => {
	const summaryAt = (item: number, { sent = [] as number[], confirmed = [] as number[] }) => {
		const progress = new RunProgress();
		for (const one of [...sent, ...confirmed]) progress.markSent(one);
		for (const one of confirmed) progress.markConfirmed(one);
		return progress.summary(item);
	};

	it.each([
		[{}, 'No lines were updated.'],
		[{ confirmed: [0] }, 'Updated: 1, [item 0].'],
		[{ confirmed: [2, 0, 1] }, 'Updated: 3, [items 0 to 2].'],
		[{ confirmed: [0, 1, 3, 5, 6, 7] }, 'Updated: 6, [items 0 to 1, 3, 5 to 7].'],
		[{ confirmed: [10, 9, 100] }, 'Updated: 3, [items 9 to 10, 100].'],
		[
			{ confirmed: [0], sent: [2, 4] },
			'Updated: 1, [item 0]. Sent without confirmation: [items 2, 4].',
		],
		// The error itself is about the item that failed.
		[{ sent: [8] }, 'No lines were updated.'],
	])('%j: %s', (items, words) => {
		expect(summaryAt(8, items)).toBe(
			`Stopped at [item 8]; no further requests were sent. ${words}`,
		);
	});
});
