interface Bounds<V> {
	maxSize: number;
	/** Entries that have not been used for this long are evicted; by default none are. */
	idleMs?: number;
	/** Values that must not be evicted yet. */
	isInUse?: (value: V) => boolean;
	/** Milliseconds since any moment. */
	now?: () => number;
}

/**
 * A map that evicts idle entries, and beyond its size the least recently used ones. It does so when it is used:
 * community nodes may not use timers.
 */
export class BoundedMap<K, V> {
	/** Least recently used first. */
	private readonly entries = new Map<K, { value: V; usedAt: number }>();

	constructor(private readonly bounds: Bounds<V>) {}

	get size(): number {
		this.evict();
		return this.entries.size;
	}

	/** Returns the value of a key, and marks it as used. */
	get(key: K): V | undefined {
		this.evict();
		const entry = this.entries.get(key);
		if (entry) this.put(key, entry.value);
		return entry?.value;
	}

	set(key: K, value: V): void {
		this.put(key, value);
		this.evict();
	}

	delete(key: K): void {
		this.entries.delete(key);
	}

	private put(key: K, value: V): void {
		this.entries.delete(key);
		this.entries.set(key, { value, usedAt: this.now() });
	}

	private evict(): void {
		const { maxSize, idleMs = Infinity, isInUse } = this.bounds;
		for (const [key, { value, usedAt }] of this.entries) {
			const isFull = this.entries.size > maxSize;
			if (!isFull && this.now() - usedAt < idleMs) return;
			if (!isInUse?.(value)) this.entries.delete(key);
		}
	}

	private now(): number {
		return this.bounds.now?.() ?? 0;
	}
}
