import { BoundedMap } from '../../nodes/shared/concurrency/boundedMap';

describe('A bounded map', () => {
	it('evicts the least recently used entry beyond its size', () => {
		const map = new BoundedMap<string, number>({ maxSize: 2 });
		map.set('a', 1);
		map.set('b', 2);
		expect(map.get('a')).toBe(1);
		map.set('c', 3);
		expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
		map.set('a', 4);
		expect([map.get('a'), map.get('c'), map.size]).toEqual([4, 3, 2]);
		map.delete('a');
		expect(map.size).toBe(1);
	});

	it('evicts idle entries, unless they are in use', () => {
		let now = 0;
		const inUse = new Set<string>();
		const map = new BoundedMap<string, string>({
			maxSize: 10,
			idleMs: 100,
			isInUse: (value) => inUse.has(value),
			now: () => now,
		});
		map.set('busy', 'busy');
		map.set('idle', 'idle');
		inUse.add('busy');
		now = 99;
		expect(map.size).toBe(2);
		now = 100;
		expect(map.get('idle')).toBeUndefined();
		expect(map.get('busy')).toBe('busy');
		inUse.clear();
		now = 199;
		expect(map.get('busy')).toBe('busy');
		now = 299;
		expect(map.size).toBe(0);
	});
});
