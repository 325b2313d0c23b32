import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { open, readdir, readFile, readlink } from 'node:fs/promises';
import { CsvSource } from '../../../../gateway/stream';
import { useCsvFiles } from './csv-file';

describe('a large CSV file', () => {
  const { path, write } = useCsvFiles();
  const rows = 200_000;

  beforeEach(async () => {
    await write('time,x,y,z,label\n', 'large.csv');
    const file = await open(path('large.csv'), 'a');
    for (let from = 0; from < rows; from += 10_000) {
      const piece = Array.from(
        { length: 10_000 },
        (_, i) => `${20 * (from + i)},${i % 100}.25,-1.5,0.98,walking`,
      );
      await file.write(`${piece.join('\n')}\n`);
    }
    await file.close();
  });

  it('is read to its end, and leaves the event loop free every few milliseconds', async () => {
    const source = await CsvSource.open(path('large.csv'));
    let [done, count] = [false, 0];
    const reading = (async () => {
      for await (const _ of source.readings()) count++;
      done = true;
    })();
    // Rows of one turn, not its time, which is that of the machine, too.
    let most = 0;
    for (let before = 0; !done; before = count) {
      await new Promise((resolve) => setImmediate(resolve));
      most = Math.max(most, count - before);
    }
    await reading;
    assert.equal(count, rows);
    assert.ok(most <= 4_000, `${most} rows in one turn of the event loop`);
  });

  const onLinux = existsSync('/proc/self/fdinfo') ? it : it.skip;
  onLinux('is read no further than it is played', async () => {
    const source = await CsvSource.open(path('large.csv'));
    let count = 0;
    for await (const _ of source.readings()) if (++count === 1000) break;
    const positions: number[] = [];
    let played = 0;
    for await (const _ of source.readings()) {
      if (++played % 1000 === 0) positions.push(await positionOf(path('large.csv')));
      if (played === 3000) break;
    }
    for (const [i, position] of positions.entries())
      assert.ok(position > 0 && position < 200_000, `${position} bytes after ${1000 * (i + 1)} rows`);
  });
});

/** Bytes that were read of an open file; 0 if it is not open. */
async function positionOf(path: string): Promise<number> {
  for (const name of await readdir('/proc/self/fd')) {
    if ((await readlink(`/proc/self/fd/${name}`).catch(() => '')) !== path) continue;
    // Node.js reads without a position of its own, so that the system's is how far it came.
    const info = await readFile(`/proc/self/fdinfo/${name}`, 'utf8');
    return Number(/^pos:\s*(\d+)/m.exec(info)?.[1]);
  }
  return 0;
}
