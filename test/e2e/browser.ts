import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { chromium, selectors } from 'playwright-core';
import { N8N_VERSION } from '../../demo/installN8n.js';
import { OWNER } from './n8nApi.js';
import type { Environment } from './environment.js';
import { startEnvironment } from './environment.js';
import { LINQ, linqNode, workflowOf } from './workflows.js';

/** The folder of the README's screenshots. */
const SCREENSHOTS = '.github';

/** Debian's Chromium by default. */
const BROWSER = process.env.CHROMIUM ?? '/usr/bin/chromium';

const LINE = '+12025550003';

/** A person in n8n's editor, in a headless browser. Each test continues where the one before ended. */
describe(`n8n's editor in a browser`, { timeout: 600_000 }, () => {
	let environment: Environment;
	let browser: Browser;
	let page: Page;

	before(async () => {
		if (!existsSync(BROWSER)) {
			throw new Error(
				`There is no browser at ${BROWSER}. Install it, on Debian by apt-get install chromium, or give the path of another one: CHROMIUM=/path/to/chromium`,
			);
		}
		selectors.setTestIdAttribute('data-test-id');
		environment = await startEnvironment(N8N_VERSION);
		browser = await chromium.launch({
			executablePath: BROWSER,
			args: [
				'--no-sandbox',
				'--disable-gpu',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
			],
		});
		page = await browser.newPage({ viewport: { width: 1_500, height: 660 } });
		page.setDefaultTimeout(60_000);
		await page.goto(`${environment.n8n.address}/signin`);
		await page.getByLabel('Email').fill(OWNER.email);
		await page.locator('input[type=password]').fill(OWNER.password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.waitForURL(/home/);
	});
	after(async () => {
		await browser.close();
		await environment.stop();
	});

	const field = (name: string) => page.getByTestId(`parameter-input-${name}`).locator('input');
	const execute = async () => {
		await page.getByTestId('node-execute-button').click();
	};
	const output = () => page.getByTestId('output-panel');
	const closeNode = async () => {
		await page.getByTestId('ndv-close-button').click();
		await page.getByTestId('ndv').waitFor({ state: 'hidden' });
	};
	/** Adds a node from the panel: by its name, and by its action if it has several. */
	const add = async (open: Locator, search: string, ...names: string[]) => {
		await open.click();
		await page.getByTestId('node-creator-search-bar').fill(search);
		for (const name of names) {
			await page.getByTestId('node-creator-item-name').filter({ hasText: name }).first().click();
		}
	};
	/** Adds a manual trigger and the node, with one of its actions. */
	const addToNewWorkflow = async (action: string) => {
		await page.goto(`${environment.n8n.address}/workflow/new`);
		await add(page.getByTestId('canvas-plus-button'), 'manual', 'Trigger manually');
		const plus = page.getByTestId('node-creator-plus-button');
		await add(plus, 'Linq', 'Linq Phone Numbers', action);
	};
	/** Takes a screenshot in n8n's dark and light theme. */
	const takeScreenshots = async (name: string) => {
		// n8n's notification would cover a part.
		await page.locator('.el-notification__closeBtn').click();
		await page.mouse.move(0, 0);
		for (const colorScheme of ['dark', 'light'] as const) {
			await page.emulateMedia({ colorScheme });
			await page.waitForTimeout(500);
			await page.screenshot({
				path: `${SCREENSHOTS}/${name}-${colorScheme}.png`,
				animations: 'disabled',
			});
		}
	};

	it('creates the credential, whose test fails with a wrong key and passes with the right one', async () => {
		await page.goto(`${environment.n8n.address}/home/credentials`);
		await page.getByTestId('add-resource-credential').first().click();
		await page.getByTestId('new-credential-type-select').locator('input').fill('Linq');
		await page
			.getByTestId('new-credential-type-select-option')
			.filter({ hasText: 'Linq API' })
			.click();
		await page.getByTestId('new-credential-type-button').click();
		await field('apiKey').fill('wrong');
		await field('baseUrl').fill(environment.linq.baseUrl);
		await page.getByTestId('credential-save-button').click();
		await page.getByText('Couldn’t connect with these settings').waitFor();
		await field('apiKey').fill(environment.linq.apiKey);
		await page.getByTestId('credential-save-button').click();
		await page.getByTestId('credentials-config-container-test-success').waitFor();
		await page.keyboard.press('Escape');
	});

	it('adds the node, picks a line by its digits, and sees the update', async () => {
		await addToNewWorkflow('Update line forwarding');
		await page.getByTestId('rlc-input').click();
		// Where a line's calls go is shown, and found.
		await page.getByTestId('rlc-search').fill('555-9999');
		await page.getByText('+12025550001 (HEALTHY) → +12025559999').waitFor();
		await page.getByTestId('rlc-search').fill('0003');
		await page.getByTestId('rlc-item').filter({ hasText: LINE }).click();
		await field('forwardingNumber').fill('+1 (202) 555-8888');
		await execute();
		await output().getByText('+12025558888').first().waitFor();
		assert.equal(environment.linq.lines[2]?.forwarding_number, '+12025558888');
		await takeScreenshots('update');
	});

	it('sees why a number is rejected', async () => {
		await field('forwardingNumber').fill('2025558888');
		await execute();
		await output().getByText('does not begin with + and the country code').first().waitFor();
		assert.equal(environment.linq.lines[2]?.forwarding_number, '+12025558888');
		await closeNode();
	});

	it("sees the list's table", async () => {
		await addToNewWorkflow('List lines');
		await execute();
		await output().getByText('reputation_status').first().waitFor();
		await output().getByText('+12025550005').waitFor();
		await takeScreenshots('list');
		await closeNode();
	});

	it('is told in the output panel that several input items list the lines several times', async () => {
		const open = async (inputItems: number) => {
			const rows = Array.from({ length: inputItems }, (_, row) => row);
			const chain = [
				{ name: 'Start', type: 'n8n-nodes-base.manualTrigger' },
				{
					name: 'Rows',
					type: 'n8n-nodes-base.set',
					typeVersion: 3.4,
					parameters: { mode: 'raw', jsonOutput: JSON.stringify({ rows }), options: {} },
				},
				{
					name: 'Items',
					type: 'n8n-nodes-base.splitOut',
					parameters: { fieldToSplitOut: 'rows', options: {} },
				},
				linqNode(environment.credential, { operation: 'list' }),
			];
			const name = `${inputItems} input items`;
			const id = await environment.api.createWorkflow(workflowOf(name, chain));
			await page.goto(`${environment.n8n.address}/workflow/${id}`);
			await page.getByTestId('canvas-node').filter({ hasText: LINQ }).dblclick();
			await execute();
		};
		const hint = output().getByTestId('node-hint').filter({ hasText: 'once for each input item' });
		await open(1);
		await output().getByText('5 items').waitFor();
		assert.equal(await hint.count(), 0);
		await closeNode();
		await open(2);
		await output().getByText('10 items').waitFor();
		await hint.waitFor();
		// What it advises.
		await page.getByTestId('tab-settings').click();
		await page.getByTestId('parameter-input-executeOnce').locator('.el-switch').click();
		await execute();
		await output().getByText('5 items').waitFor();
		await closeNode();
	});

	it('adds the trigger', async () => {
		await page.goto(`${environment.n8n.address}/workflow/new`);
		await add(
			page.getByTestId('canvas-plus-button'),
			'Linq',
			'Linq Phone Numbers',
			'On reputation',
		);
		const line = page.getByRole('option', { name: `${LINE} (CRITICAL)` });
		// It does not open while n8n still loads the lines.
		for (let tries = 0; tries < 10 && !(await line.isVisible()); tries++) {
			await page.getByTestId('parameter-input-lines').click();
			await page.waitForTimeout(1_000);
		}
		await line.click();
		await page.keyboard.press('Escape');
		await page.getByTestId('parameter-input-lines').getByText(LINE).waitFor();
		await closeNode();
	});

	it("uses the node as an agent's tool", async () => {
		await page.goto(`${environment.n8n.address}/workflow/new`);
		await add(page.getByTestId('canvas-plus-button'), 'manual', 'Trigger manually');
		await add(page.getByTestId('node-creator-plus-button'), 'AI Agent', 'AI Agent');
		await closeNode();
		const tools = page
			.locator('[data-handleid="inputs/ai_tool/0"]')
			.getByTestId('canvas-handle-plus');
		await add(tools, 'Linq', 'Linq Phone Numbers');
		// n8n adds this field for agents only.
		await page.getByText('Tool Description').waitFor();
		await page.getByTestId('parameter-input-operation').click();
		await page.getByRole('option', { name: 'Update Forwarding' }).click();
		await page.getByTestId('rlc-mode-selector').click();
		await page.getByRole('option', { name: 'By Phone Number' }).click();
		await page.getByTestId('parameter-input-forwarding').click();
		await page.getByRole('option', { name: 'Set or Clear' }).click();
		const description = page.getByTestId('parameter-input-toolDescription').locator('textarea');
		assert.match(await description.inputValue(), /or the word clear to stop forwarding/);
		// ✨: the model fills these two.
		for (const name of ['Line', 'Forwarding Number or Clear']) {
			const item = page.getByTestId('parameter-item').filter({ hasText: name }).first();
			await item.hover();
			await item.getByTestId('from-ai-override-button').click();
		}
		await page.getByText('Defined automatically by the model').nth(1).waitFor();
		await closeNode();
	});
});
