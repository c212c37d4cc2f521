import type { INodeParameters } from 'n8n-workflow';
import { Workflow } from 'n8n-workflow';
import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { NodeTypes } from '../../support/runNode';

/** Returns the hints that the editor shows: what its getNodeHints does (n8n's useNodeHelpers.ts). */
function shownHints(parameters: INodeParameters, inputItems: number): string[] {
	const nodeType = new LinqPhoneNumbers();
	const workflow = new Workflow({
		nodes: [{ id: '1', name: 'Lines', type: 'node', typeVersion: 1, position: [0, 0], parameters }],
		connections: {},
		active: false,
		nodeTypes: new NodeTypes().add('node', nodeType),
	});
	const items = Array.from({ length: inputItems }, () => ({ json: {} }));
	const hints = nodeType.description.hints ?? [];
	return hints
		.filter(({ displayCondition = '' }) =>
			workflow.expression.getParameterValue(
				displayCondition,
				null,
				0,
				0,
				'Lines',
				items,
				'manual',
				{},
			),
		)
		.map(({ message, location }) => `${location}: ${message}`);
}

describe('the hint on several input items', () => {
	it.each([{}, { operation: 'list' }])('is in the output panel for %j', (parameters) => {
		expect(shownHints(parameters, 2)).toEqual([
			expect.stringMatching(/^outputPane: Without ‘Execute Once’ .* once for each input item/),
		]);
		expect(shownHints(parameters, 1)).toEqual([]);
	});

	it('is not there for Update Forwarding, which is for each item', () => {
		expect(shownHints({ operation: 'updateForwarding' }, 2)).toEqual([]);
	});
});
