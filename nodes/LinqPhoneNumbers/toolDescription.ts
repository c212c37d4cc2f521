import type { INodeProperties } from 'n8n-workflow';

/**
 * What an agent's model is told of an operation. n8n's own field for this, which this one replaces, would tell it of
 * the node as a whole, whatever the operation.
 */
export function toolDescription(text: string): INodeProperties {
	return {
		displayName: 'Tool Description',
		name: 'toolDescription',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: text,
		displayOptions: { show: { '@tool': [true] } },
		description: 'Tells the model what this tool does and when to use it',
	};
}
