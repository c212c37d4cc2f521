import type { IDataObject, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { jsonParse } from 'n8n-workflow';
import { isRecord } from '../shared/linq/isRecord';
import type { StatusUpdateRow } from '../shared/linq/statusUpdatedEvent';
import {
	CHANGE_KINDS,
	changeKinds,
	STATUS_UPDATED,
	toStatusUpdateRow,
} from '../shared/linq/statusUpdatedEvent';
import { parseSignature } from '../shared/linq/webhookSignature';
import { parseEvents, parseNewReputation } from '../shared/n8n/changeFilters';
import { parseBoolean } from '../shared/n8n/parameters';
import { toLinqError } from '../shared/n8n/toNodeApiError';
import { warnOnce } from '../shared/n8n/warnOnce';
import { isDuplicate } from './deduplication';
import type { ReceivedEvent } from './execute';
import { verifyRequest } from './verifyRequest';

const MAX_BODY_BYTES = 1_000_000;

/** Verifies and filters a request, and passes its event to n8n, which saves an execution and then responds to Linq. */
export async function webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
	const { rawBody, headers } = this.getRequestObject();
	if (!Buffer.isBuffer(rawBody) || rawBody.length > MAX_BODY_BYTES) return reject(this, 400);
	const signature = parseSignature(headers);
	const verdict = await verifyRequest(this, rawBody, signature);
	// Linq retries after a 503, and after none of the others.
	if (verdict === 'unverifiable') return reject(this, 503);
	if (verdict === 'invalid' || !signature) return reject(this, 401);
	// Drops a byte order mark.
	const text = new TextDecoder().decode(rawBody);
	const envelope = jsonParse<IDataObject | null>(text, { fallbackValue: null });
	if (!isRecord(envelope)) return reject(this, 400);
	// n8n's webhook-helpers.ts responds with 200 if nothing is returned.
	if (envelope.event_type !== STATUS_UPDATED) return {};
	const update = toStatusUpdateRow(envelope);
	if (!update) {
		warnOnce(this, 'rejected an event without a phone number');
		return reject(this, 400);
	}
	if (!matchesFilters(this, update) || isDuplicate(this, signature.id)) return {};
	const isSimple = read(this, 'simplify', (value) => parseBoolean(value, 'Simplify'), true);
	const payload = isSimple ? { ...update } : envelope;
	const received: ReceivedEvent = { webhookId: signature.id, payload };
	return { workflowData: [[{ json: { ...received } }]] };
}

/** Returns true if the change passes the node's filters. */
function matchesFilters(context: IWebhookFunctions, update: StatusUpdateRow): boolean {
	const kinds = changeKinds(update);
	const events = read(context, 'events', (value) => parseEvents(value, CHANGE_KINDS), kinds);
	const reputations = read(context, 'newReputation', parseNewReputation, []);
	if (!kinds.some((kind) => events.includes(kind))) return false;
	return reputations.length === 0 || reputations.includes(update.new_reputation ?? '');
}

/** Parses a parameter. Publishing has checked it: if it is not valid now, the fallback is used, so that no event is lost. */
function read<T>(
	context: IWebhookFunctions,
	name: string,
	parse: (value: unknown) => T,
	fallback: T,
): T {
	try {
		return parse(context.getNodeParameter(name));
	} catch (error) {
		warnOnce(context, `ignored a parameter that it could not read. ${toLinqError(error).message}`);
		return fallback;
	}
}

/** Responds with a status and no reason: an unauthenticated caller learns nothing. */
function reject(context: IWebhookFunctions, status: number): IWebhookResponseData {
	context.getResponseObject().writeHead(status).end();
	return { noWebhookResponse: true };
}
