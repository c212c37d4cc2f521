import { Pace } from '../../nodes/LinqPhoneNumbers/pace';

describe('The number of requests under way', () => {
	const answer = (pace: Pace, times: number, now = 0) => {
		for (let answers = 0; answers < times; answers++) pace.quicken(now);
	};

	it('begins at 10, and grows to 50 while all goes well', () => {
		const pace = new Pace();
		expect(pace.most).toBe(10);
		answer(pace, 101);
		expect(pace.most).toBe(20);
		answer(pace, 1_000);
		expect(pace.most).toBe(50);
	});

	it('halves once for what was under way together, never below 1', () => {
		const pace = new Pace();
		answer(pace, 1_000);
		pace.slow(100, 200, 0);
		pace.slow(150, 210, 0);
		expect(pace.most).toBe(25);
		pace.slow(205, 220, 0);
		expect(pace.most).toBe(12);
		for (let trouble = 1; trouble < 10; trouble++) pace.slow(1_000 * trouble, 1_000 * trouble, 0);
		expect(pace.most).toBe(1);
	});

	it('are spread after a pause as Linq has borne them before', () => {
		const pace = new Pace();
		expect([pace.next(5_000), pace.next(5_000)]).toEqual([5_000, 5_000]);
		answer(pace, 100);
		// 100 in half a second, then none for a second and a half: one in 20 ms.
		pace.slow(5_400, 5_500, 1_500);
		pace.slow(5_410, 5_500, 1_500);
		expect(pace.isPaused(6_999)).toBe(true);
		expect(pace.isPaused(7_000)).toBe(false);
		expect([pace.next(5_600), pace.next(7_000), pace.next(7_000), pace.next(9_000)]).toEqual([
			7_000, 7_020, 7_040, 9_000,
		]);
		answer(pace, 100);
		expect([pace.next(9_100), pace.next(9_100)]).toEqual([9_100, 9_119]);
	});

	it.each([1, 3, 8, 19])('are not spread by what %i answers tell', (answers) => {
		const pace = new Pace();
		pace.next(5_000);
		answer(pace, answers);
		pace.slow(5_400, 5_500, 60_000);
		pace.slow(5_410, 5_500, 60_000);
		expect([pace.next(65_500), pace.next(65_500)]).toEqual([65_500, 65_500]);
	});

	it('come closer together with time as well, where they are far apart', () => {
		const pace = new Pace();
		pace.next(0);
		answer(pace, 20);
		// 20, then none for a minute: one in three seconds.
		pace.slow(90, 100, 59_900);
		pace.slow(95, 100, 59_900);
		expect([pace.next(60_000), pace.next(60_000)]).toEqual([60_000, 63_000]);
		answer(pace, 1, 69_999);
		expect([pace.next(80_000), pace.next(80_000)]).toEqual([80_000, 83_000]);
		answer(pace, 1, 70_000);
		answer(pace, 1, 79_999);
		expect([pace.next(90_000), pace.next(90_000)]).toEqual([90_000, 92_850]);
	});

	it('are not spread for one refusal, which may be chance; once they are, a little more', () => {
		const pace = new Pace();
		pace.next(5_000);
		answer(pace, 100);
		pace.slow(5_400, 5_500, 1_500);
		expect([pace.next(7_000), pace.next(7_000)]).toEqual([7_000, 7_000]);
		answer(pace, 100);
		pace.slow(7_400, 7_500, 1_500);
		pace.slow(7_400, 7_500, 1_500);
		answer(pace, 100);
		pace.slow(10_000, 10_000, 1_000);
		expect([pace.next(11_000), pace.next(11_000)]).toEqual([11_000, 11_020]);
	});
});
