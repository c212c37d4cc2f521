import { LinqPhoneNumbersPollingTrigger } from '../../../nodes/LinqPhoneNumbersPollingTrigger/LinqPhoneNumbersPollingTrigger.node.ts';
import { startFakeLinqApi } from '../../fakeLinqApi/server';
import { loadOptionsContext } from '../../support/runNode';

it('The polling trigger offers the account’s lines by phone number', async () => {
	const server = await startFakeLinqApi();
	try {
		const trigger = new LinqPhoneNumbersPollingTrigger();
		const credentials = { apiKey: server.apiKey, baseUrl: server.baseUrl };
		const options = await trigger.methods.loadOptions.getLines.call(
			loadOptionsContext(trigger, {}, credentials),
		);
		expect(options[1]).toEqual({ name: '+12025550002 (AT_RISK)', value: '+12025550002' });
		expect(options).toHaveLength(5);
	} finally {
		await server.close();
	}
});
