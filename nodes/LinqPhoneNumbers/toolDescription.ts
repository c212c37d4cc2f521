import type { IDisplayOptions, INodeProperties } from 'n8n-workflow';

/**
 * What an agent's model is told of an operation. n8n's own field for this, which this one replaces, would tell it of
 * the node as a whole, whatever the operation.
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
