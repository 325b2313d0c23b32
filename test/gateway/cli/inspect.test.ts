import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ftte } from './ftte';

describe('ftte inspect', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    file = join(folder, 'walk.csv');
  });
  afterEach(() => rm(folder, { recursive: true }));

  const german =
    'Zeit;Person;x [g];y;label\n' +
    ['0,00;anna;1,5;NA;a', '0,02;anna;2,5;4;a', '0,04;ben;3,5;fast;b', '0,06;ben;4,5;4;b'].join('\n');

  it('prints what it recognises, and the figures of each channel', async () => {
    await writeFile(file, german);
    const { code, out, err } = await ftte(['inspect', file]);
    assert.equal(code, 0, err);
    assert.match(out, /walk\.csv: semicolons, decimal comma; channels x \(g\), y, time from "Zeit" \(s\)/);
    assert.match(out, /readings {2}4, 0\.06 s, 50 per second/);
    assert.match(out, /labels {4}2: a 2, b 2/);
    assert.match(out, /people {4}2: anna 2, ben 2/);
    assert.match(out, /problem {3}.*walk\.csv line 4: y is "fast", expected a number/);
    assert.match(out, /\| x +\| g +\| 3 +\| 1\.118 +\| 1\.5 +\| 4\.5 +\| 4 +\| 0 +\|/);
    assert.match(out, /\| y +\| +\| 4 +\| 1 +\| 4 +\| 4 +\| 2 +\| 2 +\|/);
  });

  it('says of a channel that it never changes, or has no value', async () => {
    await writeFile(file, 'time,x,y,z\n0,5,1,\n1,5,2,\n2,5,3,\n');
    const { out } = await ftte(['inspect', file, '-c', 'x,y,z', '--times', 's']);
    assert.match(out, /remark {4}x is always 5: nothing can be learned from it/);
    assert.match(out, /remark {4}z has no value/);
    assert.doesNotMatch(out, /remark {4}y/);
  });

  it('prints centre and spread of the channels as a task needs them, as JSON', async () => {
    await writeFile(file, german);
    const { out } = await ftte(['inspect', file, '--json']);
    const { channels, rateHz, labels } = JSON.parse(out) as Record<string, never>;
    assert.deepEqual([rateHz, labels], [50, { a: 2, b: 2 }]);
    const [{ name, unit, centre, spread }] = channels as unknown as [Record<string, number>];
    assert.deepEqual([name, unit, centre, spread], ['x', 'g', 3, Math.sqrt(1.25)]);
  });

  it('refuses a file of which no time can be read, with the line and what to choose', async () => {
    await writeFile(file, 'time;x\n12.01.2026 10:00:00;1\n');
    const { code, err } = await ftte(['inspect', file]);
    assert.equal(code, 2);
    assert.match(err, /walk\.csv line 2: time is "12\.01\.2026 10:00:00".*choose day first/);
  });

  it('reads columns and dialect as the options say', async () => {
    await writeFile(file, '1|1,234|-999\n2|2,345|7\n');
    const dialect = ['--separator', 'pipe', '--decimal', 'comma', '--header', 'none', '--missing=-999'];
    const { code, out, err } = await ftte([
      'inspect',
      file,
      ...dialect,
      '-c',
      'a=2,b=3',
      '--time',
      '1',
      '--times',
      's',
    ]);
    assert.equal(code, 0, err);
    assert.match(out, /channels a from "2", b from "3", time from "1" \(s\)/);
    assert.match(out, /\| b +\| +\| 7 .*\| 1 +\| 1 +\|/);
  });

  it('reads the channels of a task, and names one that is missing', async () => {
    await writeFile(file, german);
    const task = join(folder, 'task.json');
    const input = { channels: [{ name: 'x' }, { name: 'Y' }], rateHz: 50, length: 10, hop: 5 };
    await writeFile(task, JSON.stringify({ input, labels: ['a', 'b'], model: { preset: 'mlp' } }));
    const { code, err } = await ftte(['inspect', file, '--task', task]);
    assert.equal(code, 2);
    assert.match(err, /has no column "Y"; it has Zeit, Person, x, y, label; is "y" meant\?/);
  });

  for (const [what, args, message] of [
    ['a separator', ['--separator', 'dash'], /--separator: expected one of comma, semicolon, .*, got "dash"/],
    ['a rate', ['--rate', '0'], /--rate: expected a number above 0, got "0"/],
    ['an encoding', ['--encoding', 'ebcdic'], /--encoding: expected one of utf-8, .*, got "ebcdic"/],
  ] as const) {
    it(`names the option that is wrong: ${what}`, async () => {
      await writeFile(file, german);
      const { code, err } = await ftte(['inspect', file, ...args]);
      assert.equal(code, 2);
      assert.match(err, message);
    });
  }
});
