import type { IDataObject } from 'n8n-workflow';
import type { N8nApi } from './n8nApi.js';

/** The columns that n8n adds to each table. */
const ADDED = ['id', 'createdAt', 'updatedAt'];

export type ColumnType = 'string' | 'date';

/** One of n8n's data tables, created and filled by the editor's own requests. */
export class DataTable {
	private constructor(
		private readonly api: N8nApi,
		readonly id: string,
		private readonly path: string,
	) {}

	static async create(
		api: N8nApi,
		name: string,
		columns: Record<string, ColumnType>,
	): Promise<DataTable> {
		const project = await api.editor<{ id: string }>('GET', '/projects/personal');
		const tables = `/projects/${project.id}/data-tables`;
		const { id } = await api.editor<{ id: string }>('POST', tables, {
			name,
			columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
		});
		return new DataTable(api, id, `${tables}/${id}`);
	}

	async insert(rows: IDataObject[]): Promise<void> {
		await this.api.editor('POST', `${this.path}/insert`, { data: rows, returnType: 'count' });
	}

	/** Returns all rows, without the columns that n8n adds. */
	async rows(): Promise<IDataObject[]> {
		const { data } = await this.api.editor<{ data: IDataObject[] }>('GET', `${this.path}/rows`);
		return data.map((row) =>
			Object.fromEntries(Object.entries(row).filter(([column]) => !ADDED.includes(column))),
		);
	}

	async clear(): Promise<void> {
		const { data } = await this.api.editor<{ data: Array<{ id: number }> }>(
			'GET',
			`${this.path}/rows`,
		);
		if (data.length === 0) return;
		const filter = JSON.stringify({
			type: 'or',
			filters: data.map(({ id }) => ({ columnName: 'id', condition: 'eq', value: id })),
		});
		await this.api.editor(
			'DELETE',
			`${this.path}/rows?${new URLSearchParams({ filter }).toString()}`,
		);
	}
}
