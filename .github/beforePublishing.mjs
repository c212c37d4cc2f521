// npm runs this before it publishes. It fails if run by hand, without a tag, or while there are placeholders.
import { readFile } from 'node:fs/promises';

const { version, author, repository, homepage } = JSON.parse(
	await readFile('package.json', 'utf8'),
);
const changelog = await readFile('CHANGELOG.md', 'utf8');
const { GITHUB_ACTIONS, GITHUB_REF } = process.env;

const problems = [
	!GITHUB_ACTIONS &&
		'Only the workflow Publish publishes, so that npm can show where the package comes from.',
	GITHUB_REF !== `refs/tags/v${version}` && `The tag must be v${version}, as package.json says.`,
	!changelog.includes(`\n## [${version}] - `) && `CHANGELOG.md has no section for ${version}.`,
	/OWNER/.test(JSON.stringify({ author, repository, homepage })) &&
		'package.json still has OWNER for the author or the repository.',
].filter(Boolean);

if (problems.length > 0) {
	console.error(`Not published. See docs/releasing.md.\n- ${problems.join('\n- ')}`);
	process.exitCode = 1;
}
