import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

/**
 * Returns the field for what an agent's model is told about an operation. It replaces the field that n8n's ai-tools.ts
 * would add, which describes the node as a whole.
 *
 * @param show the other parameters' values that the text is for
 */
export function toolDescription(text: string, show: IDisplayOptions['show'] = {}): INodeProperties {
	return {
		displayName: 'Tool Description',
		name: 'toolDescription',
		type: 'string',
		typeOptions: { rows: 4 },
		required: true,
		default: text,
		displayOptions: { show: { '@tool': [true], ...show } },
		description: 'Tells the model what this tool does and when to use it',
	};
}
