import type { IConnections, INode, IRun } from 'n8n-workflow';
import { setTimeout as delay } from 'node:timers/promises';

/** A workflow, as n8n's public API takes it. */
export interface WorkflowToCreate {
	name: string;
	nodes: Array<Partial<INode>>;
	connections: IConnections;
	settings?: object;
}

/** An execution, as n8n's public API gives it. */
export interface Execution {
	id: string;
	status: 'success' | 'error' | 'canceled' | 'crashed' | 'running' | 'new' | 'waiting';
	finished: boolean;
	mode: string;
	data?: IRun['data'];
}

/** The first account of each n8n under test. */
export const OWNER = { email: 'owner@example.com', password: 'Password-1' };

/** A running n8n, used by its public API as any program outside would use it. */
export class N8nApi {
	private constructor(
		readonly address: string,
		private readonly headers: Record<string, string>,
		/** Of the owner's session: for what the editor alone asks. */
		private readonly cookie: string,
	) {}

	/** Makes the n8n's first account, and a key to its API. */
	static async open(address: string): Promise<N8nApi> {
		const json = { 'content-type': 'application/json', 'browser-id': 'e2e' };
		const setup = await fetch(`${address}/rest/owner/setup`, {
			method: 'POST',
			headers: json,
			body: JSON.stringify({ ...OWNER, firstName: 'Test', lastName: 'Owner' }),
		});
		if (!setup.ok) throw new Error(`n8n made no account: ${await setup.text()}`);
		const cookie = setup.headers
			.getSetCookie()
			.map((one) => one.split(';')[0])
			.join('; ');
		const session = { ...json, cookie };
		const scopes = await fetch(`${address}/rest/api-keys/scopes`, { headers: session });
		const { data: allScopes } = (await scopes.json()) as { data: string[] };
		const made = await fetch(`${address}/rest/api-keys`, {
			method: 'POST',
			headers: session,
			body: JSON.stringify({ label: 'e2e', expiresAt: null, scopes: allScopes }),
		});
		const { data } = (await made.json()) as { data?: { rawApiKey: string } };
		if (!data) throw new Error(`n8n made no API key: ${made.status}`);
		return new N8nApi(
			address,
			{ 'content-type': 'application/json', 'X-N8N-API-KEY': data.rawApiKey },
			cookie,
		);
	}

	/** The same account and key at another n8n with a copy of the database. */
	at(address: string): N8nApi {
		return new N8nApi(address, this.headers, this.cookie);
	}

	private async send<T>(method: string, path: string, body?: object): Promise<T> {
		const answer = await fetch(`${this.address}/api/v1${path}`, {
			method,
			headers: this.headers,
			body: body && JSON.stringify(body),
		});
		if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
		return (await answer.json()) as T;
	}

	/** Answers the credential's id. By the editor's way, for n8n 1's public API asks for fields that it then refuses. */
	async createCredential(name: string, type: string, data: object): Promise<string> {
		return (await this.editor<{ id: string }>('POST', '/credentials', { name, type, data })).id;
	}

	/** Answers the workflow's id. */
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

	/** What the editor asks by itself. */
	async editor<T>(method: string, path: string, body?: object): Promise<T> {
		const answer = await fetch(`${this.address}/rest${path}`, {
			method,
			headers: { 'content-type': 'application/json', 'browser-id': 'e2e', cookie: this.cookie },
			body: body && JSON.stringify(body),
		});
		if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
		return ((await answer.json()) as { data: T }).data;
	}

	/** Requests what n8n shows only to who is logged in. */
	async asOwner(path: string, request: RequestInit): Promise<Response> {
		const headers = new Headers(request.headers);
		headers.set('cookie', this.cookie);
		return await fetch(this.address + path, { ...request, headers });
	}

	/** A workflow's executions, the newest first. */
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

	/** Waits until a workflow has so many executions that have ended, and answers them with their data, the newest first. */
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
