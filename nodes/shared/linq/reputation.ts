/** From good to bad. */
export const REPUTATIONS = ['HEALTHY', 'AT_RISK', 'CRITICAL'] as const;

/** How a line's reputation moved; `unknown` if either is missing or unlike any that this package knows. */
export type ReputationChange = 'worsened' | 'improved' | 'unchanged' | 'unknown';

/** Compares two reputations. Either may be missing, or unknown to this package. */
export function compareReputations(previous: unknown, next: unknown): ReputationChange {
	if (typeof previous === 'string' && previous === next) return 'unchanged';
	const from = REPUTATIONS.findIndex((one) => one === previous);
	const to = REPUTATIONS.findIndex((one) => one === next);
	if (from < 0 || to < 0) return 'unknown';
	return to > from ? 'worsened' : 'improved';
}
