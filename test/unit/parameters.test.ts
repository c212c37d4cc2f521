import { parseObject } from '../../nodes/shared/n8n/parameters';

// The other parsers are tested in the engine; n8n lets nothing else than an object reach this one.
it.each(['critical', ['critical'], null, undefined, 1, true])('%j is not an object', (value) => {
	expect(() => parseObject(value, 'Filters')).toThrow('Filters is not an object');
});
