import assert from 'node:assert/strict';
import { before, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { manyLines } from '../fakeLinqApi/fixtures.js';
import type { Environment } from './environment.js';
import { calledWithItems, linqNode, workflowOf } from './workflows.js';

const FORWARD = '+12025557777';

/** Tests that n8n is killed while the node runs, as by a power cut. */
export function killed(environment: () => Environment): void {
	before(() => {
		const { linq, reset } = environment();
		reset();
		linq.lines.splice(0, 5, ...manyLines(300));
	});

	it('during 300 updates: only updates that were sent are applied, and none is sent again after the restart', async () => {
		const { api, n8n, linq, credential } = environment();
		linq.faults.push({ fault: { kind: 'delay', ms: 100 } });
		const path = 'killed';
		const workflow = workflowOf(path, [
			...calledWithItems(path),
			linqNode(credential, {
				operation: 'updateForwarding',
				line: { __rl: true, mode: 'id', value: '={{ $json.line }}' },
				forwardingNumber: FORWARD,
			}),
		]);
		const id = await api.createWorkflow(workflow);
		await api.publish(id);
		let status = 404;
		for (let tries = 0; status === 404 && tries < 50; tries++) {
			await delay(100);
			const response = await fetch(`${n8n.address}/webhook/${path}`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ items: linq.lines.map((line) => ({ line: line.id })) }),
			});
			status = response.status;
		}
		assert.equal(status, 200);
		while (linq.requests.length < 60) await delay(20);
		await n8n.stop('SIGKILL');
		await delay(500);
		const sent = linq.requests.length;
		const changed = linq.lines.filter(({ forwarding_number }) => forwarding_number === FORWARD);
		assert(sent < 300 && changed.length <= sent && changed.length > 0);

		await n8n.start();
		await delay(5_000);
		assert.equal(linq.requests.length, sent);
		const [execution] = await api.executions(id);
		console.log(
			`    sent ${sent}, changed ${changed.length} of 300; n8n's status is ${execution?.status ?? 'nothing'}`,
		);
		assert.equal(execution?.status, 'crashed');
	});
}
