import type { INodeProperties } from 'n8n-workflow';

/**
 * Returns the field for what an agent's model is told about an operation. It replaces the field that n8n's ai-tools.ts
 * would add, which describes the node as a whole.
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
