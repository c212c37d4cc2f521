import type { IConnections, INode, IRun } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';

/** A workflow as n8n's public API accepts it. */
export interface WorkflowToCreate {
	name: string;
	nodes: Array<Partial<INode>>;
	connections: IConnections;
	settings?: object;
}

/** An execution as n8n's public API returns it. */
export interface Execution {
	id: string;
	status: 'success' | 'error' | 'canceled' | 'crashed' | 'running' | 'new' | 'waiting';
	finished: boolean;
	mode: string;
	data?: IRun['data'];
}

/** The first account of each n8n under test. */
export const OWNER = { email: 'owner@example.com', password: 'Password-1' };

/** A client of a running n8n's public API. */
export class N8nApi {
	private constructor(
		readonly address: string,
		private readonly headers: Record<string, string>,
		/** Of the owner's session, for the editor's own requests. */
		private readonly cookie: string,
	) {}

	/** Creates the n8n's first account and a key to its API, and returns a client. */
	static async open(address: string): Promise<N8nApi> {
		const json = { 'content-type': 'application/json', 'browser-id': 'e2e' };
		const setup = await fetch(`${address}/rest/owner/setup`, {
			method: 'POST',
			headers: json,
			body: JSON.stringify({ ...OWNER, firstName: 'Test', lastName: 'Owner' }),
		});
		if (!setup.ok) throw new Error(`n8n created no account: ${await setup.text()}`);
		const cookie = setup.headers
			.getSetCookie()
			.map((one) => one.split(';')[0])
			.join('; ');
		const session = { ...json, cookie };
		const scopes = await fetch(`${address}/rest/api-keys/scopes`, { headers: session });
		const { data: allScopes } = (await scopes.json()) as { data: string[] };
		const created = await fetch(`${address}/rest/api-keys`, {
			method: 'POST',
			headers: session,
			body: JSON.stringify({ label: 'e2e', expiresAt: null, scopes: allScopes }),
		});
		const { data } = (await created.json()) as { data?: { rawApiKey: string } };
		if (!data) throw new Error(`n8n created no API key: ${created.status}`);
		return new N8nApi(
			address,
			{ 'content-type': 'application/json', 'X-N8N-API-KEY': data.rawApiKey },
			cookie,
		);
	}

	/** Returns a client with the same account and key for another n8n that has a copy of the database. */
	at(address: string): N8nApi {
		return new N8nApi(address, this.headers, this.cookie);
	}

	private async send<T>(method: string, path: string, body?: object): Promise<T> {
		const response = await fetch(`${this.address}/api/v1${path}`, {
			method,
			headers: this.headers,
			body: body && JSON.stringify(body),
		});
		if (!response.ok) {
			throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		}
		return (await response.json()) as T;
	}

	/** Returns the credential's id. Uses the editor's API: n8n 1's public API requires fields that it then rejects. */
	async createCredential(name: string, type: string, data: object): Promise<string> {
		return (await this.editor<{ id: string }>('POST', '/credentials', { name, type, data })).id;
	}

	/** Returns the workflow's id. */
	async createWorkflow(workflow: WorkflowToCreate): Promise<string> {
		const settings = { executionOrder: 'v1', ...workflow.settings };
		return (await this.send<{ id: string }>('POST', '/workflows', { ...workflow, settings })).id;
	}

	async updateWorkflow(id: string, workflow: WorkflowToCreate): Promise<void> {
		const settings = { executionOrder: 'v1', ...workflow.settings };
		await this.send('PUT', `/workflows/${id}`, { ...workflow, settings });
	}

	async publish(id: string): Promise<void> {
		await this.send('POST', `/workflows/${id}/activate`);
	}

	async unpublish(id: string): Promise<void> {
		await this.send('POST', `/workflows/${id}/deactivate`);
	}

	/** Sends one of the editor's own requests. */
	async editor<T>(method: string, path: string, body?: object): Promise<T> {
		const response = await fetch(`${this.address}/rest${path}`, {
			method,
			headers: { 'content-type': 'application/json', 'browser-id': 'e2e', cookie: this.cookie },
			body: body && JSON.stringify(body),
		});
		if (!response.ok) {
			throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
		}
		return ((await response.json()) as { data: T }).data;
	}

	/** Sends a request with the owner's session. */
	async asOwner(path: string, request: RequestInit): Promise<Response> {
		const headers = new Headers(request.headers);
		headers.set('cookie', this.cookie);
		return await fetch(this.address + path, { ...request, headers });
	}

	/** Returns a workflow's executions, the newest first. */
	async executions(workflowId: string, includeData = false): Promise<Execution[]> {
		const all: Execution[] = [];
		let cursor: string | undefined;
		do {
			const query = new URLSearchParams({
				workflowId,
				limit: includeData ? '50' : '250',
				includeData: String(includeData),
				...(cursor && { cursor }),
			});
			const page = await this.send<{ data: Execution[]; nextCursor?: string }>(
				'GET',
				`/executions?${query.toString()}`,
			);
			all.push(...page.data);
			cursor = page.nextCursor ?? undefined;
		} while (cursor);
		return all;
	}

	/** Waits until at least `count` of a workflow's executions have ended, and returns all with their data, newest first. */
	async ended(workflowId: string, count: number, seconds = 60): Promise<Execution[]> {
		for (let tries = 0; ; tries++) {
			const all = await this.executions(workflowId);
			const ended = all.filter(({ status }) => !['new', 'running'].includes(status));
			if (ended.length >= count) return await this.executions(workflowId, true);
			if (tries === seconds * 4) {
				throw new Error(`Of ${count} executions ${ended.length} have ended`);
			}
			await delay(250);
		}
	}
}
