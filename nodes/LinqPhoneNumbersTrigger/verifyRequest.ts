import type { IWebhookFunctions } from 'n8n-workflow';
import type { DeliverySignature } from '../shared/linq/webhookSignature';
import { isFresh, isSignedBy } from '../shared/linq/webhookSignature';
import { warnOnce } from '../shared/n8n/warnOnce';
import { reconcileSubscription } from './reconcileSubscription';
import { savedSubscriptions } from './staticData';

/** Verifies a request's signature and timestamp; `unverifiable` if n8n may lack the secret, so Linq must retry. */
export async function verifyRequest(
	context: IWebhookFunctions,
	body: Buffer,
	signature: DeliverySignature | undefined,
): Promise<'valid' | 'invalid' | 'unverifiable'> {
	if (!signature) {
		warnOnce(
			context,
			'rejected a request without a signature: it is not from Linq. There is nothing to do, unless a proxy in front of n8n removes the webhook-… headers.',
		);
		return 'invalid';
	}
	const secrets = savedSubscriptions(context).map(({ signingSecret }) => signingSecret);
	const isSigned = secrets.some((secret) => isSignedBy(signature, body, secret));
	if (isFresh(signature, Date.now())) {
		if (isSigned) return 'valid';
		return (await reconcileSubscription(context)) === 'forged' ? 'invalid' : 'unverifiable';
	}
	if (isSigned) {
		warnOnce(
			context,
			"rejected a correctly signed request with an expired timestamp: it is a replay, or this machine's clock is wrong. Check the clock: if it is off by five minutes, no event is accepted.",
		);
	}
	return 'invalid';
}
