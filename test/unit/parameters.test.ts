import { parseObject } from '../../nodes/shared/n8n/parameters';

// The other parsers are tested in the engine, where only objects reach this one.
it.each(['critical', ['critical'], null, undefined, 1, true])('parseObject rejects %j', (value) => {
	expect(() => parseObject(value, 'Filters')).toThrow('Filters is not an object');
});
