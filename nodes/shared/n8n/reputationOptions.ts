import type { INodePropertyOptions } from 'n8n-workflow';

/** The choices of a field for reputations. */
export const reputationOptions: INodePropertyOptions[] = [
	{ name: 'At Risk', value: 'AT_RISK', description: 'Linq advises to slow the line down' },
	{
		name: 'Critical',
		value: 'CRITICAL',
		description: 'Linq advises to pause the line until it recovers',
	},
	{ name: 'Healthy', value: 'HEALTHY', description: 'The line may send normally' },
];
