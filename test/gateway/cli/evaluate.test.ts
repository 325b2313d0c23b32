import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeParameters } from '../../../gateway/interchange';
import { parseTask, type TaskInput } from '../../../gateway/task';
import { ftte } from './ftte';

const input: TaskInput['input'] = {
  channels: [{ name: 'x' }],
  rateHz: 1,
  length: 2,
  hop: 2,
  normalisation: 'none',
};

/** Says "up" where the sum of two readings is above 0. */
const direction: TaskInput = {
  name: 'direction',
  input,
  labels: ['down', 'up'],
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
};

/** Windows of two readings: value, label and person. */
const csvOf = (windows: readonly (readonly [value: number, label: string, person: string])[]) =>
  [
    'time,x,label,person',
    ...windows.flatMap(([value, label, person], i) =>
      [0, 1].map((row) => `${2 * i + row},${value},${label},${person}`),
    ),
  ].join('\n');

describe('ftte evaluate', () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const save = async (name: string, task: TaskInput, values: readonly number[]) => {
    await writeFile(at(`${name}.json`), JSON.stringify(task));
    await writeFile(at(`${name}.parameters`), encodeParameters(parseTask(task), Float32Array.from(values)));
  };
  const evaluate = (name: string, ...more: string[]) =>
    ftte([
      'evaluate',
      at(`${name}.parameters`),
      at('data.csv'),
      '-t',
      at(`${name}.json`),
      '--times',
      's',
      ...more,
    ]);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    await save('direction', direction, [-1, 1, -1, 1, 0, 0]);
    await writeFile(
      at('data.csv'),
      csvOf([
        [1, 'up', 'a'],
        [2, 'up', 'a'],
        [-1, 'up', 'b'],
        [-2, 'down', 'b'],
        [-3, 'sideways', 'b'],
      ]),
    );
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('leads with balanced accuracy beside chance, and has the figures worked out by hand', async () => {
    const { code, out, err } = await evaluate('direction');
    assert.equal(code, 0, err);
    assert.match(out, /"direction" on .*: 4 windows, 1 more without a label of the task/);
    assert.match(out, /^ {2}balanced accuracy .*83\.3 % ± .*\(chance is 50\.0 %\)/m);
    const { quality, people, unlabelled } = JSON.parse((await evaluate('direction', '--json')).out);
    assert.deepEqual(quality.confusion, [
      [1, 0],
      [1, 2],
    ]);
    assert.deepEqual(quality.recalls, { down: 1, up: 2 / 3 });
    // Up has the scores 1, 2 and -1, down has -2: all three pairs are in their order.
    assert.equal(quality.auc, 1);
    assert.ok(Math.abs(quality.macroF1 - (2 / 3 + 4 / 5) / 2) < 1e-12);
    assert.deepEqual([people.a.balancedAccuracy, people.b.balancedAccuracy], [1, 0.5]);
    assert.deepEqual([quality.worstTenth, unlabelled], [0.5, 1]);
  });

  it('judges an exported model as it judges the parameters', async () => {
    const args = [at('direction.parameters'), '-t', at('direction.json'), '-o', at('model')];
    assert.equal((await ftte(['export', ...args])).code, 0);
    const exported = await ftte(['evaluate', at('model'), at('data.csv'), '--times', 's', '--json']);
    assert.equal(exported.code, 0, exported.err);
    assert.deepEqual(JSON.parse(exported.out), JSON.parse((await evaluate('direction', '--json')).out));
  });

  it('measures what a model for anomalies detects at its false-alarm rate', async () => {
    // The reconstruction is 0, so the error of a window is the square of its value.
    const layers = [
      { type: 'flatten' as const },
      { type: 'dense' as const, units: 2 },
      { type: 'reshape' as const, shape: [2, 1] },
    ];
    const anomaly = { ...direction, kind: 'anomaly' as const, labels: [], model: { layers } };
    await save('anomaly', { ...anomaly, anomaly: { falseAlarms: 0.25 } }, [0, 0, 0, 0, 0, 0]);
    const ordinary = [1, 2, 3, 9].map((value) => [value, 'usual', 'a'] as const);
    const unusual = [2, 4, 5].map((value) => [value, 'fall', 'a'] as const);
    await writeFile(at('data.csv'), csvOf([...ordinary, ...unusual]));
    const { out, err } = await evaluate('anomaly', '--ordinary', 'usual', '--json');
    assert.equal(err, '');
    const { detection } = JSON.parse(out);
    assert.deepEqual([detection.threshold, detection.falseAlarms, detection.rate], [9, 0.25, 2 / 3]);
    assert.equal(JSON.parse((await evaluate('anomaly', '--json')).out).detection, undefined);
  });

  it('compares a forecast with the newest reading', async () => {
    const layers = [{ type: 'flatten' as const }, { type: 'dense' as const, units: 1 }];
    const forecast = {
      ...direction,
      kind: 'forecast' as const,
      labels: [],
      forecast: { horizon: 1 },
      model: { layers },
    };
    // It continues the line through the two readings, which a ramp of straight lines follows.
    await save('forecast', forecast, [-1, 2, 0]);
    await writeFile(
      at('data.csv'),
      ['time,x', ...Array.from({ length: 9 }, (_, i) => `${i},${3 * i}`)].join('\n'),
    );
    const { out } = await evaluate('forecast', '--json');
    assert.equal(JSON.parse(out).quality.skill, 1);
  });

  for (const [what, args, text] of [
    ['no data', (_: string) => [], /expected one model and one recording, got 1 arguments/],
    ['a task that is missing', (data: string) => [data], /--task: expected the task of .*, got nothing/],
    [
      'a label that is nowhere',
      (data: string) => [data, '-t', '@task', '--times', 's', '--ordinary', 'x'],
      /--ordinary: expected some of down, sideways, up, got "x"/,
    ],
    [
      'a part that is none',
      (data: string) => [data, '-t', '@task', '--split', 'half'],
      /--split: expected one of train, test, all, got "half"/,
    ],
  ] as const)
    it(`refuses ${what} with exit code 2`, async () => {
      const given = args(at('data.csv')).map((arg) => (arg === '@task' ? at('direction.json') : arg));
      const { code, out, err } = await ftte(['evaluate', at('direction.parameters'), ...given]);
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err, text);
    });

  it('reads labels as a window node does: in another case, or as places, which it says', async () => {
    const windows = [1, 2, -1, -2].map((value, i) => [value, i < 2 ? 'UP ' : 'Down', 'a'] as const);
    await writeFile(at('data.csv'), csvOf(windows));
    assert.match((await evaluate('direction')).out, /: 4 windows\n/);
    await writeFile(
      at('data.csv'),
      csvOf(windows.map(([value], i) => [value, i < 2 ? '1' : '0', 'a'] as const)),
    );
    const { out, err } = await evaluate('direction');
    assert.match(out, /: 4 windows\n[\s\S]*balanced accuracy .*100/);
    assert.match(err, /labels of the data are read as places in the task's list: 0 as down, 1 as up/);
  });

  it('takes no number as a place if another number is none', async () => {
    await writeFile(at('data.csv'), csvOf([1, 2, 3].map((value) => [value, String(value), 'a'] as const)));
    const { code, err } = await evaluate('direction');
    assert.equal(code, 2);
    assert.match(err, /one of the labels down, up, got 3 windows and none of use; their labels are 1, 2, 3/);
  });

  it('compares windows of one label with no chance', async () => {
    await writeFile(at('data.csv'), csvOf([1, 2, -3].map((value) => [value, 'up', 'a'] as const)));
    const { out } = await evaluate('direction');
    assert.match(
      out,
      /balanced accuracy .*66\.7 % .*\(all windows are of up: this says nothing about how well/,
    );
  });

  it('says of a file of fewer readings than a window takes that they are too few', async () => {
    await writeFile(at('data.csv'), 'time,x,label\n0,1,up\n');
    const { code, err } = await evaluate('direction');
    assert.equal(code, 2);
    assert.match(
      err,
      /expected windows of 2 readings .*, got readings for none: fewer than that came without a gap/,
    );
  });

  it('names the file that is no model', async () => {
    const { code, err } = await ftte(['evaluate', at('data.csv'), at('direction.parameters')]);
    assert.equal(code, 2);
    assert.match(err, /data\.csv: .*it does not begin like a checkpoint/);
  });

  it('names labels and channels of data that cannot judge the model', async () => {
    await writeFile(at('data.csv'), csvOf([[1, 'left', 'a']]));
    const other = await evaluate('direction');
    assert.equal(other.code, 2);
    assert.match(other.err, /one of the labels down, up/);
    await writeFile(at('data.csv'), 'time,y\n0,1\n1,2\n');
    const missing = await evaluate('direction');
    assert.equal(missing.code, 2);
    assert.match(missing.err, /x/);
  });
});
