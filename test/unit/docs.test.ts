import type { INodeProperties } from 'n8n-workflow';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LinqApi } from '../../credentials/LinqApi.credentials';
import { LinqPhoneNumbers } from '../../nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.ts';
import { LinqPhoneNumbersPollingTrigger } from '../../nodes/LinqPhoneNumbersPollingTrigger/LinqPhoneNumbersPollingTrigger.node.ts';
import { LinqPhoneNumbersTrigger } from '../../nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.ts';
import { tableRows } from '../support/readme';

const credential = new LinqApi();
const { description: node } = new LinqPhoneNumbers();
const { description: trigger } = new LinqPhoneNumbersTrigger();
const { description: pollingTrigger } = new LinqPhoneNumbersPollingTrigger();

/** Names that are n8n's own: of settings, pages, buttons and nodes. */
const N8N_NAMES = [
	'Allowed HTTP Request Domains',
	'Authentication',
	'Community nodes',
	'Convert to File',
	'Convert to XLSX',
	'Credentials',
	'Download',
	'Execute Once',
	'From file',
	'Import from File',
	'Import',
	'Install',
	'None',
	'On Error',
	'Production URL',
	'Read/Write Files from Disk',
	'Remove Duplicates',
	'Request Options',
	'Respond',
	'Respond to Webhook',
	'Response Code',
	'Schedule Trigger',
	'Settings',
	'Specific Domains',
	'Webhook',
	'Write File to Disk',
];

/** Bold words that look like names, but begin a paragraph. */
const LEADS = ['CI', 'Memory', 'The Google Sheet'];

/** Returns the names that a user sees of parameters, their modes, options and operations. */
function namesOf(properties: INodeProperties[]): string[] {
	return properties.flatMap(({ displayName, modes = [], options = [] }) => [
		displayName,
		...modes.map((mode) => mode.displayName),
		...options.flatMap((option) => {
			if ('value' in option) return [option.name, option.action ?? option.name];
			return namesOf('type' in option ? [option] : option.values);
		}),
	]);
}

interface Parameter {
	/** As the README has it. */
	name: string;
	default: string;
}

/** No restriction by default, whatever the README calls that. */
const EMPTY = /^(all|any|none)$/;

/** Returns the parameters that a table of the README is to have, those of collections one by one. */
function parametersOf(properties: INodeProperties[]): Parameter[] {
	// A parameter that is shown with another label if another one is set is still one.
	const distinct = properties.filter(
		({ name }, index) => properties.findIndex((other) => other.name === name) === index,
	);
	return distinct.flatMap((property) =>
		property.type === 'collection'
			? (property.options ?? []).flatMap((option) => {
					if (!('type' in option)) throw new Error(`${option.name} is no parameter`);
					return {
						name: `${property.displayName} → ${option.displayName}`,
						// A filter that was not added lets all lines pass.
						default: property.name === 'filters' ? '' : shownDefault(option),
					};
				})
			: { name: property.displayName, default: shownDefault(property) },
	);
}

function shownDefault({ default: value, options = [] }: INodeProperties): string {
	if (typeof value === 'boolean') return value ? 'on' : 'off';
	return [value]
		.flat()
		.map((one) => {
			const selected = options.find((option) => 'value' in option && option.value === one);
			// An object is a locator that has no line yet.
			return selected?.name ?? (typeof one === 'object' ? '' : String(one));
		})
		.join(', ');
}

/** Returns the parameters of an operation that only a person sees, without the choice of the operation. */
function parametersOfOperation(operation: string): INodeProperties[] {
	return node.properties.filter(
		({ name, displayOptions }) =>
			name !== 'toolDescription' && displayOptions?.show?.operation?.includes(operation),
	);
}

describe('The docs', () => {
	const names = new Set([
		...N8N_NAMES,
		...LEADS,
		credential.displayName,
		...namesOf(credential.properties),
		...[node, trigger, pollingTrigger].flatMap(({ displayName, properties }) => [
			displayName,
			...namesOf(properties),
		]),
	]);

	const files = ['.', '.github', 'docs', 'examples'].flatMap((folder) =>
		readdirSync(folder)
			.filter((file) => file.endsWith('.md'))
			.map((file) => join(folder, file)),
	);

	it.each(files)('%s has only names in bold that there are', (file) => {
		const bold = [...readFileSync(file, 'utf8').matchAll(/\*\*(.+?)\*\*/g)]
			.flatMap(([, text = '']) => {
				const path = text.split(' → ');
				// Other bold words are sentences, or the beginning of one.
				return path.length > 1 || /^[A-Z]\S*( [A-Z]\S*| or| to| from)*$/.test(text) ? path : [];
			})
			.filter((name) => !/[.…]$/.test(name));
		expect(bold.filter((name) => !names.has(name))).toEqual([]);
	});

	it("use each of n8n's names that are listed here", () => {
		const texts = files.map((file) => readFileSync(file, 'utf8')).join();
		expect([...N8N_NAMES, ...LEADS].filter((name) => !texts.includes(name))).toEqual([]);
	});

	it('show pictures that there are', () => {
		// In HTML, whose links the linter does not check.
		const pictures = [...readFileSync('README.md', 'utf8').matchAll(/ src(?:set)?="(.+?)"/g)];
		expect(pictures).not.toEqual([]);
		expect(pictures.filter(([, file = '']) => !existsSync(file))).toEqual([]);
	});

	it.each([
		['Credentials', 'field', credential.properties],
		['List', 'option', parametersOfOperation('list')],
		['Update Forwarding', 'option', parametersOfOperation('updateForwarding')],
		[trigger.displayName, 'option', trigger.properties],
		[pollingTrigger.displayName, 'option', pollingTrigger.properties],
	])('have all parameters of %s and their defaults', (heading, firstColumn, properties) => {
		const shown = tableRows(heading, firstColumn)
			.filter(([name = '']) => !N8N_NAMES.includes(name))
			.map(([name, value = '']) => ({
				name,
				default: value.replaceAll('`', '').replace(EMPTY, ''),
			}));
		expect(shown).toEqual(parametersOf(properties));
	});

	it('have all events of the polling trigger', () => {
		const events = pollingTrigger.properties.find(({ name }) => name === 'events')?.options ?? [];
		const shown = tableRows(pollingTrigger.displayName, 'event');
		expect(Object.fromEntries(shown.map(([name, value]) => [name, value]))).toEqual(
			Object.fromEntries(
				events.map((event) => [event.name, 'value' in event && `\`${event.value}\``]),
			),
		);
	});
});
