import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { IConnections, INode } from 'n8n-workflow';
import { EXAMPLES_CHAT, EXAMPLES_FILES_FOLDER, EXAMPLES_N8N } from '../../demo/n8nHost.js';
import type { DataTable } from './dataTable.js';
import type { Execution } from './n8nApi.js';
import type { Environment } from './environment.js';

/** What a person sets in an example. */
export interface ExampleSettings {
	/** The address of the chat's incoming webhook. */
	chat?: string;
	/** Set in each node that needs one. */
	table?: DataTable;
	/** Their ids by type; Linq's is the environment's. */
	credentials?: Record<string, string>;
	/** Parameters by the name of their node. */
	parameters?: Record<string, INode['parameters']>;
	/** Replacements for nodes that cannot run here, by the node's name. */
	replacing?: Record<string, Partial<INode>>;
}

const SCHEDULE = 'n8n-nodes-base.scheduleTrigger';

/** An example in n8n, unchanged except for what its note says to set. */
export class InstalledExample {
	private constructor(
		private readonly environment: Environment,
		readonly id: string,
		private readonly file: string,
	) {}

	/** Imports an example. Its schedules become webhooks, so that a test can start them: see `start`. */
	static async install(
		environment: Environment,
		file: string,
		{ chat, table, credentials = {}, parameters = {}, replacing = {} }: ExampleSettings = {},
	): Promise<InstalledExample> {
		const { api } = environment;
		const text = await readFile(resolve('examples', file), 'utf8');
		const example = JSON.parse(
			text
				.replaceAll(EXAMPLES_CHAT, chat ?? EXAMPLES_CHAT)
				.replaceAll(EXAMPLES_FILES_FOLDER, environment.n8n.filesFolder)
				.replaceAll(EXAMPLES_N8N, environment.n8n.address),
		) as {
			name: string;
			nodes: INode[];
			connections: IConnections;
			settings: object;
		};
		const ids: Record<string, string> = { linqApi: environment.credential, ...credentials };
		for (const node of example.nodes) {
			for (const [type, credential] of Object.entries(node.credentials ?? {})) {
				credential.id = ids[type] ?? null;
			}
			if ('dataTableId' in node.parameters) {
				assert(table, `${file} needs a data table`);
				node.parameters.dataTableId = { __rl: true, mode: 'list', value: table.id };
			}
			Object.assign(node.parameters, parameters[node.name]);
			Object.assign(node, replacing[node.name]);
		}
		const id = await api.createWorkflow(example);
		const installed = new InstalledExample(environment, id, file);
		const scheduled = example.nodes.filter(({ type }) => type === SCHEDULE);
		if (scheduled.length === 0) return installed;
		// n8n accepts the schedules as they are; a test cannot wait for the evening.
		await api.publish(id);
		await api.unpublish(id);
		for (const node of scheduled) {
			const path = installed.path(node.name);
			Object.assign(node, {
				type: 'n8n-nodes-base.webhook',
				typeVersion: 2,
				webhookId: `e2e-${path}`,
				parameters: { httpMethod: 'POST', path, options: {} },
			});
		}
		await api.updateWorkflow(id, example);
		return installed;
	}

	async publish(): Promise<void> {
		await this.environment.api.publish(this.id);
	}

	async remove(): Promise<void> {
		await this.environment.api.unpublish(this.id);
	}

	/** Starts it as one of its schedules would, and returns the execution once it has ended. */
	async start(schedule: string): Promise<Execution> {
		const { api } = this.environment;
		const before = await api.executions(this.id);
		const response = await this.call(this.path(schedule), { method: 'POST' });
		assert.equal(response.status, 200);
		const [execution] = await api.ended(this.id, before.length + 1);
		assert(execution);
		return execution;
	}

	/** Calls a webhook; retries a 404, because n8n registers it a little after publishing. */
	async call(path: string, request: RequestInit = {}): Promise<Response> {
		for (let tries = 0; ; tries++) {
			const response = await fetch(`${this.environment.n8n.address}/webhook/${path}`, request);
			if (response.status !== 404 || tries === 50) return response;
			await delay(100);
		}
	}

	private path(schedule: string): string {
		return `${this.file}-${schedule}`.toLowerCase().replace(/\W+/g, '-');
	}
}
