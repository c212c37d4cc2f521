/** From good to bad. */
export const REPUTATIONS = ['HEALTHY', 'AT_RISK', 'CRITICAL'] as const;

/** How a line's reputation moved; `none` also if this package does not know a value. */
export type ReputationChange = 'worsened' | 'improved' | 'none';

/** Compares two reputations. Either may be missing, or unknown to this package. */
export function compareReputations(previous: unknown, next: unknown): ReputationChange {
	const [from, to] = [previous, next].map((value) => REPUTATIONS.findIndex((one) => one === value));
	if (from === undefined || to === undefined || from < 0 || to < 0 || from === to) return 'none';
	return to > from ? 'worsened' : 'improved';
}
