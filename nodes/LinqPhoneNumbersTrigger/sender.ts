import type { IWebhookFunctions } from 'n8n-workflow';
import type { DeliverySignature } from '../shared/linq/webhookSignature';
import { isFresh, isSignedBy } from '../shared/linq/webhookSignature';
import { compareWithLinq } from './comparison';
import { readState, secretsAt } from './nodeState';
import { tellOperator } from './operatorLog';

/**
 * Who made a call: Linq; a stranger; or `unclear` where n8n may have another secret than Linq signs with, so that Linq
 * is to bring the event again.
 */
export async function senderOf(
	context: IWebhookFunctions,
	body: Buffer,
	signature: DeliverySignature | undefined,
): Promise<'linq' | 'stranger' | 'unclear'> {
	if (!signature) {
		tellOperator(
			context,
			'refused a call without a signature: Linq did not make it. There is nothing to do, unless a proxy in front of n8n removes the webhook-… headers.',
		);
		return 'stranger';
	}
	const now = Date.now();
	const isLinqs = secretsAt(readState(context), now).some((secret) =>
		isSignedBy(signature, body, secret),
	);
	if (isFresh(signature, now)) return isLinqs ? 'linq' : await compareWithLinq(context);
	if (isLinqs) {
		tellOperator(
			context,
			'refused a call that Linq has signed at another time than now: it is an old one that somebody sent again, or the clock of this machine is wrong. Check the clock: where it is off by five minutes, no event gets in.',
		);
	}
	return 'stranger';
}
