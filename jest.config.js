// Failing nodes are part of the tests: n8n's log of them would hide the result.
process.env.N8N_LOG_LEVEL ??= 'silent';

// proxy-chain and what it brings are ES modules, which Jest does not load as they are.
const transformIgnorePatterns = ['/node_modules/(?!(proxy-chain|socks-proxy-agent|agent-base)/)'];
const transform = {
	'\\.ts$|/(proxy-chain|socks-proxy-agent|agent-base)/.+\\.js$': [
		'@swc/jest',
		{ jsc: { target: 'es2022', parser: { syntax: 'typescript' } } },
	],
};

/**
 * The tests of the nodes in one version of n8n's engine.
 *
 * @param {string} name shown beside each test file
 * @param {string} core the folder of n8n-core in node_modules; n8n-workflow is the one that it brings
 */
function engine(name, core) {
	return {
		displayName: name,
		testEnvironment: 'node',
		testMatch: ['<rootDir>/test/nodes/**/*.test.ts'],
		transform,
		transformIgnorePatterns,
		moduleNameMapper: {
			'^n8n-core$': require.resolve(core),
			'^n8n-workflow$': require.resolve('n8n-workflow', { paths: [require.resolve(core)] }),
		},
		// n8n-core's dependency injection reads decorator metadata, so this must be loaded before it.
		setupFiles: ['reflect-metadata', '<rootDir>/test/support/unrefIntervals.js'],
	};
}

/** @type {import('jest').Config} */
module.exports = {
	projects: [
		engine('n8n 2.41', 'n8n-core'),
		engine('n8n 1.123', 'n8n-core-1'),
		{
			displayName: 'unit',
			testEnvironment: 'node',
			testMatch: ['<rootDir>/test/unit/**/*.test.ts'],
			transform,
		},
	],
	testTimeout: 20_000,
	maxWorkers: 4,
	// With --coverage, as CI does.
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	coverageDirectory: 'coverage',
	coverageThreshold: { global: { statements: 98.6, branches: 93.5, functions: 99.5, lines: 99.4 } },
};
