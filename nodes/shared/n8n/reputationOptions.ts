import type { INodePropertyOptions } from 'n8n-workflow';

/** The choices of a field for reputations. */
export const reputationOptions: INodePropertyOptions[] = [
	{ name: 'At Risk', value: 'AT_RISK', description: 'Linq recommends sending less from this line' },
	{
		name: 'Critical',
		value: 'CRITICAL',
		description: 'Linq recommends pausing the line until it recovers',
	},
	{ name: 'Healthy', value: 'HEALTHY', description: 'The line may send normally' },
];
