import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadData, readScenario } from '../../../../gateway/simulation';

/** Rows of people who rest and move in turns of eight readings, at 10 Hz. */
function rows(people: readonly string[], turns = 8): string {
  const lines = people.flatMap((person, p) =>
    Array.from({ length: turns * 8 }, (_, i) => {
      const label = Math.floor(i / 8) % 2 ? 'moving' : 'resting';
      const time = p * 1_000_000 + i * 100;
      return `${person};${time};${label};${i}${p},5;${label === 'moving' ? 9 : 1}`;
    }),
  );
  return `person;time;activity;x;y [g]\n${lines.join('\n')}\n`;
}

describe('the data of a scenario in a CSV file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-data-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (text: string) => {
    const path = join(folder, 'clinic.csv');
    await writeFile(path, text);
    return path;
  };

  it('are the windows with a label, of channels and a rate as the file has them', async () => {
    const csv = await write(rows(['anna', 'ben', 'eve', 'tom']));
    const data = await loadData({ csv, length: 8 });
    assert.deepEqual(data.labels, ['moving', 'resting']);
    assert.deepEqual(data.input, {
      channels: [
        { name: 'x', unit: '' },
        { name: 'y', unit: 'g' },
      ],
      ...{ rateHz: 10, length: 8, hop: 8 },
    });
    assert.equal(data.windows.length, 32);
    assert.deepEqual([...data.windows[0]!.slice(0, 4)], [0.5, 1, 10.5, 1]);
    assert.deepEqual(
      [...data.y].slice(0, 4).map((label) => data.labels[label]),
      ['resting', 'moving', 'resting', 'moving'],
    );
  });

  it('leave out windows across two activities', async () => {
    const csv = await write(rows(['anna', 'ben']));
    assert.equal((await loadData({ csv, length: 8, hop: 4 })).windows.length, 16);
  });

  it('are judged by the last quarter of the people, or by those that are named', async () => {
    const csv = await write(rows(['anna', 'ben', 'eve', 'tom']));
    const testOf = async (more: object) => {
      const { split, person } = await loadData({ csv, length: 8, ...more });
      return [...new Set([...split].flatMap((part, i) => (part ? [person![i]] : [])))];
    };
    assert.deepEqual(await testOf({}), [3]);
    assert.deepEqual(await testOf({ testPeople: ['anna', 'eve'] }), [0, 2]);
    await assert.rejects(
      testOf({ testPeople: ['zoe'] }),
      /data\.testPeople: expected some of anna,ben,eve,tom, got zoe/,
    );
  });

  it('are judged by the last windows of each label if the file names nobody', async () => {
    const csv = await write(rows(['anna'], 16).replace('person;', 'device;'));
    const { split, y, person } = await loadData({ csv, length: 8 });
    assert.equal(person, undefined);
    assert.deepEqual([...split], [...Array<number>(12).fill(0), ...Array<number>(4).fill(1)]);
    assert.equal(new Set([...y].slice(12)).size, 2);
  });

  it('report problems of rows once, and name a file without labels or times', async () => {
    const csv = await write(`${rows(['anna', 'ben'])}ben;1;resting;fast;1\n`);
    const notices: string[] = [];
    await loadData({ csv, length: 8 }, (text) => notices.push(text));
    assert.equal(notices.filter((text) => /clinic\.csv line 130: x is "fast"/.test(text)).length, 1);
    await write('x,y\n1,2\n');
    await assert.rejects(
      loadData({ csv, length: 8 }),
      /data\.label: expected .* two labels or more in .*clinic\.csv, got 0/,
    );
    await write('x,label\n1,a\n2,b\n');
    await assert.rejects(
      loadData({ csv, length: 2 }),
      /data\.rateHz: expected a number, as .*clinic\.csv has no times/,
    );
  });

  it('are found beside the file of the scenario', async () => {
    await write(rows(['anna', 'ben']));
    const path = join(folder, 'scenario.json');
    const scenario = {
      ...{ name: 'clinic', data: { csv: 'clinic.csv', length: 8 }, clients: 2, task: {} },
      ...{ schedule: { kind: 'continuous', concurrency: 1 }, stop: { versions: 1 } },
    };
    await writeFile(path, JSON.stringify(scenario));
    const { data } = await readScenario(path);
    assert.equal('csv' in data && data.csv, join(folder, 'clinic.csv'));
    assert.equal((await loadData(data)).windows.length, 16);
  });
});
