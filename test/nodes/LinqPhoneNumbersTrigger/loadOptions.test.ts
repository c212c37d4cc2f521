import { LinqPhoneNumbersTrigger } from '../../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts';
import { loadOptionsContext } from '../../support/runNode';
import { startFakeLinqApi } from '../../fakeLinqApi/server';

describe('The trigger’s parameter Lines', () => {
	it("offers each line's number with its reputation", async () => {
		const server = await startFakeLinqApi();
		try {
			const trigger = new LinqPhoneNumbersTrigger();
			const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
			const context = loadOptionsContext(trigger, {}, credentials);
			expect(await trigger.methods.loadOptions.getLines.call(context)).toEqual([
				{ name: '+12025550001 (HEALTHY)', value: '+12025550001' },
				{ name: '+12025550002 (AT_RISK)', value: '+12025550002' },
				{ name: '+12025550003 (CRITICAL)', value: '+12025550003' },
				{ name: '+12025550004 (HEALTHY)', value: '+12025550004' },
				{ name: '+12025550005 (AT_RISK)', value: '+12025550005' },
			]);
		} finally {
			await server.close();
		}
	});
});
