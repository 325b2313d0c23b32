import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrivacyReport } from '../../../gateway/cli/commands/privacy-report';
import { spentEpsilon } from '../../../gateway/privacy';
import type { TaskInput } from '../../../gateway/task';
import { ftte } from './ftte';

const task: TaskInput = {
  name: 'activities',
  input: { channels: [{ name: 'ax' }, { name: 'ay' }], rateHz: 50, length: 64, hop: 32 },
  labels: ['still', 'walking'],
  model: { preset: 'mlp', size: 'S' },
  training: { batchSize: 64 },
  privacy: { level: 'record', epsilon: 4, rounds: 20 },
};

describe('ftte privacy', () => {
  let folder: string;
  let file: string;
  const write = (changes: object = {}) => writeFile(file, JSON.stringify({ ...task, ...changes }));
  const report = async (...args: readonly string[]): Promise<PrivacyReport> => {
    const { code, out, err } = await ftte(['privacy', file, '--json', ...args]);
    assert.equal(code, 0, err);
    return JSON.parse(out) as PrivacyReport;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-'));
    file = join(folder, 'task.json');
  });
  beforeEach(() => write());
  after(() => rm(folder, { recursive: true }));

  it('reports the noise with which all rounds together stay within the budget', async () => {
    const { noise, rate, steps, rounds, spent, delta, epsilon } = await report('--samples', '400');
    assert.equal(rounds, 20);
    const all = spentEpsilon([{ noise, rate, steps: steps * rounds }], delta);
    assert.ok(all <= epsilon && all > 0.98 * epsilon, `${all} of ${epsilon}`);
    assert.deepEqual(
      spent.map((row) => row.rounds),
      [1, 2, 5, 10, 20],
    );
    assert.ok(Math.abs(spent.at(-1)!.epsilon - all) < 0.01 * epsilon);
    assert.ok(spent.every((row, i) => i === 0 || row.epsilon > spent[i - 1]!.epsilon));
  });

  it('says with how many gateways and samples the noise would destroy the model, and with how many not', async () => {
    const few = await report('--gateways', '1', '--samples', '40', '--epsilon', '0.5');
    assert.match(few.warnings.join(), /at least .* of what it can learn: it would destroy the model/);
    await write({ aggregation: { bufferSize: 100 } });
    const many = await report('--gateways', '500', '--samples', '3000');
    assert.deepEqual(
      many.warnings.filter((text) => text.includes('noise')),
      [],
    );
    assert.equal(many.versions, (500 * 20) / 100);
    assert.ok(many.noiseShare < few.noiseShare / 100);
  });

  it('prints for people what its JSON has', async () => {
    const { noise } = await report();
    const { code, out } = await ftte(['privacy', file]);
    assert.equal(code, 0);
    assert.match(out, /"activities" with epsilon 4 at delta 0\.00001 for each of 20 gateways/);
    assert.ok(out.includes(`noise      ${noise} times the clipping norm`), out);
    assert.match(out, /\| 20 +\| 3\.9\d\d +\|/);
  });

  it('asks for a budget if the task has none, and takes it from the command line', async () => {
    await write({ privacy: undefined });
    const { code, err } = await ftte(['privacy', file]);
    assert.equal(code, 2);
    assert.match(err, /"activities" has no privacy: add it to the task, or give --epsilon/);
    assert.equal((await report('--epsilon', '2', '--rounds', '5')).epsilon, 2);
  });

  it('refuses numbers without meaning, which it names', async () => {
    for (const [option, value] of [
      ['--gateways', '0'],
      ['--samples', 'many'],
      ['--epsilon', '0'],
    ] as const) {
      const { code, err } = await ftte(['privacy', file, option, value]);
      assert.equal(code, 2);
      assert.match(err, new RegExp(`${option}: expected`));
    }
    assert.match((await ftte(['privacy', file, '--epsilon', '5000'])).err, /privacy\.epsilon: expected/);
  });
});
