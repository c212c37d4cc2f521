const { rm } = require('node:fs/promises');
const { dest, src } = require('gulp');

/** Removes the last build, so that no file of an older version is published. */
function clean() {
	return rm('dist', { recursive: true, force: true });
}

/** Copies what tsc does not: icons, codex files and output schemas. */
function assets() {
	return src(['icons/*.svg', 'nodes/**/*.json'], { base: '.', encoding: false }).pipe(dest('dist'));
}

module.exports = { clean, assets };
