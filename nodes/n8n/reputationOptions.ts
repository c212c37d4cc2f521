import type { INodePropertyOptions } from 'n8n-workflow';

/** The choices of a field for reputations. */
export const reputationOptions: INodePropertyOptions[] = [
	{ name: 'At Risk', value: 'AT_RISK', description: 'Slow the line down' },
	{ name: 'Critical', value: 'CRITICAL', description: 'Pause the line until it recovers' },
	{ name: 'Healthy', value: 'HEALTHY', description: 'Send normally' },
];
