// Failing nodes are part of the tests: n8n's log of them would hide the result.
process.env.N8N_LOG_LEVEL ??= 'silent';

/**
 * All tests in one version of n8n's engine.
 *
 * @param {string} name shown beside each test file
 * @param {string} core the folder of n8n-core in node_modules; n8n-workflow is the one that it brings
 */
function project(name, core) {
	return {
		displayName: name,
		testEnvironment: 'node',
		testMatch: ['<rootDir>/test/**/*.test.ts'],
		transform: {
			'\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }],
		},
		moduleNameMapper: {
			'^n8n-core$': require.resolve(core),
			'^n8n-workflow$': require.resolve('n8n-workflow', { paths: [require.resolve(core)] }),
		},
		// n8n-core's dependency injection reads decorator metadata, so this must be loaded before it.
		setupFiles: ['reflect-metadata', '<rootDir>/test/unrefIntervals.js'],
	};
}

/** @type {import('jest').Config} */
module.exports = {
	projects: [project('n8n 2.41', 'n8n-core'), project('n8n 1.123', 'n8n-core-1')],
	testTimeout: 20_000,
	collectCoverage: true,
	collectCoverageFrom: ['nodes/**/*.ts', 'credentials/**/*.ts'],
	coverageDirectory: 'coverage',
};
