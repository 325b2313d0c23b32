import { equal } from 'node:assert/strict';
import fc from 'fast-check';
import { topicMatches } from '../../../gateway/transport/shared/topics';

/** The rules of MQTT 5.0, section 4.7, level by level. */
function matches(filter: string, topic: string): boolean {
  const [wanted, levels] = [filter.split('/'), topic.split('/')];
  if (topic.startsWith('$') && /^[#+](\/|$)/.test(filter)) return false;
  const end = wanted.indexOf('#');
  const compared = end < 0 ? wanted : wanted.slice(0, end);
  const fits = compared.every((level, i) => i < levels.length && (level === '+' || level === levels[i]));
  return fits && (end >= 0 || wanted.length === levels.length);
}

describe('a filter of topics', () => {
  const table: [filter: string, topic: string, expected: boolean][] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b/c', 'a/b', false],
    ['a/b', 'a/bc', false],
    ['a/+/c', 'a/b/c', true],
    ['a/+/c', 'a//c', true],
    ['a/+', 'a/b/c', false],
    ['a/+', 'a', false],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'ab', false],
    ['#', 'a/b', true],
    ['#', '$SYS/load', false],
    ['+/load', '$SYS/load', false],
    ['$SYS/#', '$SYS/load', true],
    ['', '', true],
    ['a/', 'a', false],
    ['/a', '/a', true],
    ['a+/b', 'a+/b', true],
  ];
  for (const [filter, topic, expected] of table) {
    it(`${filter} ${expected ? 'takes' : 'does not take'} ${topic}`, () => {
      equal(topicMatches(filter, topic), expected);
      equal(matches(filter, topic), expected);
    });
  }

  it('is compared with a topic level by level', () => {
    const level = fc.constantFrom('', 'a', 'b', 'ab', '$x');
    const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
    const wanted = fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 });
    const filters = fc
      .tuple(wanted, fc.boolean())
      .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));
    fc.assert(
      fc.property(filters, topics, (filter, topic) => {
        equal(topicMatches(filter, topic), matches(filter, topic), `${filter} ${topic}`);
      }),
      { numRuns: 2_000 },
    );
  });
});
