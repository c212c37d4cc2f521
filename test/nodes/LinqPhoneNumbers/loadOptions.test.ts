import { LinqPhoneNumbers } from '../../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { startFakeLinqApi } from '../../fakeLinqApi/server';
import { loadOptionsContext } from '../../support/runNode';

describe('The filter Lines of List', () => {
	it("offers each line's number with its reputation, as the trigger does", async () => {
		const server = await startFakeLinqApi();
		try {
			const node = new LinqPhoneNumbers();
			const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
			const context = loadOptionsContext(node, {}, credentials);
			const options = await node.methods.loadOptions.getLines.call(context);
			expect(options[1]).toEqual({ name: '+12025550002 (AT_RISK)', value: '+12025550002' });
			expect(options).toHaveLength(5);
		} finally {
			await server.close();
		}
	});
});
