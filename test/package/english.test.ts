import assert from 'node:assert/strict';
import { proseFiles, proseOf } from '../support/prose';

/** The files and folders that are checked, each with everything below it. */
const places = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  '.github',
  'docs',
  'examples',
  '.ci',
  'bench',
  'tools',
  'gateway',
  'nodes',
  'resources',
  'test',
];

/** This file contains the habits as examples. */
const thisFile = 'test/package/english.test.ts';

const amounts =
  'readings|samples|seconds|milliseconds|bytes|bits|pairs|messages|kilobytes|megabytes|[kKM]B|ms|an?|one|two|three|\\d+';
const units =
  'version|message|node|gateway|round|line|step|reading|window|row|layer|channel|patient|rule|class|command|folder|file|' +
  'task|tensor|value|unit|example|person|process|second|minute|type|kind|seed|coordinate|contribution|update|parameter';

/** Words that link an amount to what follows, as in "one of a kind". */
const links = '(?:of|in|to|at|on|as|by|from|for|with|without|where|when|if|than|that|and|or|is|has)';

/** A habit of the writers that readers stumble over, and what to write instead. */
interface Habit {
  readonly pattern: RegExp;
  readonly instead: string;
  /** A sentence in which the pattern has to find the habit. */
  readonly bad: string;
  /** A sentence that it has to let pass. */
  readonly good: string;
}

const habits: readonly Habit[] = [
  {
    // "a line a version": an amount, at most one word, and a unit at the end of the phrase.
    pattern: new RegExp(
      `\\b(?:(?:an?|one|two|three|\\d+) (?!${links}\\b|\\w+ing\\b)[a-z-]+|(?:${amounts})) an? (?:${units})(?=\\s*(?:[.,;:)|\\]]|$)|\\s(?:and|or|at|is|are|while|for)\\b)`,
      'i',
    ),
    instead: '"one line per version"',
    bad: 'It prints a line a version.',
    good: 'It prints one line per version, not one of a version, or one for a gateway.',
  },
  { pattern: /\banew\b/i, instead: '"again", or "restarts"', bad: 'It starts anew.', good: 'It restarts.' },
  {
    pattern: /\b(?:wants|wanted)\b/i,
    instead: '"expected 6, got 5"',
    bad: 'size is 5, wanted 6',
    good: 'expected a size of 6, got 5',
  },
  {
    pattern:
      /\b(?:gateway|coordinator|broker|participant|client|sender|receiver|reader|node|peer|thread|process|message|one)s? who\b/i,
    instead: '"a gateway that"',
    bad: 'Gateways who wait download nothing.',
    good: 'Gateways that wait download nothing, and people who wait drink tea.',
  },
  {
    pattern: /\b(?:for|to|of|from|by|with|than) who\b/i,
    instead: '"for the gateway that", or "for people who"',
    bad: 'Absent for who holds it.',
    good: 'Absent for people who hold it.',
  },
  {
    pattern: /\b(?:tells?|told|telling)\b/i,
    instead: '"reports", "shows", "emits", "says"; "distinguishes" for "tells apart"',
    bad: 'The node tells the version.',
    good: 'The node reports the version.',
  },
  {
    pattern: /(?:^|[.:;)*] )Where (?!to\b)[^.:;?]*,/,
    instead: '"If" or "When"',
    bad: 'It trains. Where the budget is too small, it refuses.',
    good: 'Where to look. If the budget is too small, it refuses.',
  },
  {
    pattern: /\b(?:only|even|except|but|unless) where\b/i,
    instead: '"only if", "even if"',
    bad: 'It is sent only where rounds are granted.',
    good: 'It is sent only if rounds are granted.',
  },
  {
    pattern: /\b(?:after|in|for|with) so (?:many|long)\b/i,
    instead: 'the number, or "the given number of"',
    bad: 'It ends after so many passes.',
    good: 'It ends after the given number of passes.',
  },
  {
    pattern: /\b(?:in good order|a good stop)\b/i,
    instead: '"orderly"',
    bad: 'It stopped in good order.',
    good: 'After an orderly stop.',
  },
  {
    pattern: /\b(?:held|holds|hold) (?:\w+ )?against\b/i,
    instead: '"compared with"',
    bad: 'Outputs are held against the input.',
    good: 'Outputs are compared with the input.',
  },
  {
    pattern: /\b(?:hears?|heard)\b/i,
    instead: '"receives", "subscribes"',
    bad: 'A gateway hears the task.',
    good: 'A gateway receives the task.',
  },
  {
    pattern: /\/\*\*\s+(?:What|Who|Where|How)\b/,
    instead: 'a noun or a verb at the start of a docstring',
    bad: '/** What a participant is made of. */',
    good: '/** Options of a participant. */',
  },
];

/** Every habit in the prose of the places, as `file:line: the words (what to write)`. */
function found(path: string): string[] {
  return proseOf(path).flatMap(({ text, line }) =>
    habits.flatMap(({ pattern, instead }) => {
      const words = pattern.exec(text)?.[0].trim();
      return words === undefined ? [] : [`${path}:${line}: "${words}" (write ${instead})`];
    }),
  );
}

describe('the English of the project', () => {
  for (const place of places) {
    it(`is free of the habits that a pattern can find in ${place}`, () => {
      const files = proseFiles(place).filter((path) => path !== thisFile);
      assert.ok(files.length > 0, `no file in ${place}`);
      assert.deepEqual(files.flatMap(found), []);
    });
  }

  it('is checked by patterns that find each habit and let plain English pass', () => {
    for (const { pattern, bad, good } of habits) {
      assert.match(bad, pattern);
      assert.doesNotMatch(good, pattern);
    }
  });

  it('is read from comments, texts and names in code', () => {
    const path = 'test/support/prose.ts';
    const prose = proseOf(path).map(({ text }) => text);
    assert.ok(
      prose.some((text) => text.includes('so that a habit is found across a line')),
      'comments',
    );
    assert.ok(prose.includes('.md'), 'texts');
    assert.ok(!prose.some((text) => text.includes('function proseOf')), 'no code');
  });
});
