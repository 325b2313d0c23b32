import { deepEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readGatewayBook } from '../../tools/soak/soak-books';

describe('the books of a gateway in a soak run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-books-'));
    mkdirSync(join(folder, 'gw'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function read(files: Readonly<Record<string, readonly string[]>>, journalled: readonly string[] = []) {
    for (const [name, lines] of Object.entries(files))
      writeFileSync(join(folder, 'gw', `${name}.txt`), `${lines.join('\n')}\n`);
    const faults: string[] = [];
    const journal = new Set(journalled.map((id) => `gw ${id}`));
    const book = readGatewayBook(folder, 'gw', journal, (what) => faults.push(what));
    return { book, faults };
  }

  it('are right if each update was answered, dropped, or became a part of one that was', () => {
    const { book, faults } = read(
      {
        made: ['a', 'b', 'c', 'd', 'e', 'f'],
        answered: ['a taken', 'f too-old'],
        merged: ['b a', 'c a', 'e d'],
        dropped: ['d'],
      },
      ['a'],
    );
    deepEqual(faults, []);
    deepEqual(book, { made: 6, merged: 3, dropped: 1, taken: 1, refused: { 'too-old': 1 } });
  });

  it('know that hellos are acknowledged, too', () => {
    const { book, faults } = read({ made: ['a'], answered: ['a taken', 'hello taken'] }, ['a']);
    deepEqual(faults, []);
    deepEqual(book.taken, 1);
  });

  for (const [what, files, fault] of [
    ['an update that was not answered', { made: ['a'] }, 'gw made a, which was not answered'],
    [
      'a part of an update that was not answered',
      { made: ['b'], merged: ['b a'] },
      'gw made b, a part of a, which was not answered',
    ],
    [
      'a part of an update that was answered alone, too',
      { made: ['a', 'b'], answered: ['a too-old', 'b too-old'], merged: ['b a'] },
      'gw made b a part of a, and it was answered alone, too',
    ],
    [
      'an acknowledgement of what is in no journal',
      { made: ['a'], answered: ['a taken'] },
      'gw got an acknowledgement of a, which is in no journal',
    ],
  ] as const)
    it(`name ${what}`, () => {
      deepEqual(read(files).faults, [fault]);
    });
});
