import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GatewayReport, PrivacyReport, RecordReport } from '../../../gateway/client';
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

const textsOf = ({ warnings }: PrivacyReport) => warnings.map(({ text }) => text).join();

describe('ftte privacy', () => {
  let folder: string;
  let file: string;
  const write = (changes: object = {}) => writeFile(file, JSON.stringify({ ...task, ...changes }));
  const reportAs = async <Report>(...args: readonly string[]): Promise<Report> => {
    const { code, out, err } = await ftte(['privacy', file, '--json', ...args]);
    assert.equal(code, 0, err);
    return JSON.parse(out) as Report;
  };
  const report = (...args: readonly string[]) => reportAs<RecordReport>(...args);

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
    assert.match(textsOf(few), /at least .* of what it can learn: it would destroy the model/);
    await write({ aggregation: { bufferSize: 100 } });
    const many = await report('--gateways', '500', '--samples', '3000');
    assert.deepEqual(
      many.warnings.filter(({ code }) => code === 'noise'),
      [],
    );
    assert.equal(many.versions, (500 * 20) / 100);
    assert.ok(many.noiseShare < few.noiseShare / 100);
  });

  it('reports for gateways what the coordinator does: raised versions, correlated noise, and the budget at its end', async () => {
    await write({ privacy: { level: 'gateway', epsilon: 8 } });
    const many = await reportAs<GatewayReport>('--gateways', '5000');
    assert.deepEqual([many.bufferSize, many.separation, many.band], [100, 45, 45]);
    assert.ok(many.noiseShare < 0.1, `${many.noiseShare}`);
    assert.deepEqual(
      many.warnings.map(({ code, text }) => [code, text]),
      [
        [
          'delta-gateways',
          'Delta is 0.00001, expected less than 0.000002: a hundredth of one in 5000 gateways.',
        ],
      ],
    );
    const end = many.spent.at(-1)!;
    assert.equal(end.contributions, 20);
    assert.ok(end.epsilon <= 8 && end.epsilon > 7.98, `${end.epsilon}`);
    const few = await reportAs<GatewayReport>('--gateways', '21');
    assert.match(
      textsOf(few),
      /^The noise for 21 gateways is at least [\d.]+ of the way .* would destroy the model.*privacy of records/,
    );
    const { out } = await ftte(['privacy', file, '--gateways', '500']);
    assert.match(out, /a version {2}the sum of 50 updates, divided by 50\n/);
    assert.match(
      out,
      /promise {4}who is undecided .* gateway are in the model is at most 99\.97 % sure when/,
    );
    assert.match(
      (await ftte(['privacy', file, '--samples', '100'])).err,
      /--samples: is for level record; at level gateway the number of windows has no weight/,
    );
    assert.match(out, /correlated over 9 versions/);
    const { out: one } = await ftte(['privacy', file, '--gateways', '1', '--contributions', '1']);
    assert.match(
      one,
      /for a gateway:\n.*\n.*\n.* 1 update of norm .*\n.* the sum of 1 update, .*\n.* independent in each version\n/,
    );
    await write({ privacy: { level: 'gateway', separation: 30 }, aggregation: { bufferSize: 50 } });
    assert.match(
      textsOf(await reportAs<GatewayReport>('--gateways', '500')),
      /^50 gateways in a version and 30 versions between two uses of one need 1500 gateways, and there are 500/,
    );
    await write({ privacy: undefined });
    assert.equal((await reportAs<GatewayReport>('--level', 'gateway', '--epsilon', '2')).epsilon, 2);
    assert.match(
      (await ftte(['privacy', file, '--level', 'window'])).err,
      /--level: expected record or gateway/,
    );
  });

  it('prints for people what its JSON has', async () => {
    const { noise } = await report();
    const { code, out } = await ftte(['privacy', file]);
    assert.equal(code, 0);
    assert.match(out, /promise {4}who is undecided whether a window was used is at most 98\.21 % sure when/);
    assert.match(
      (await ftte(['privacy', file, '-e', '20'])).out,
      /a window was used may be certain when the budget/,
    );
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
    const { code, err } = await ftte(['privacy', file, '-e', '-1']);
    assert.equal(code, 2);
    assert.match(err, /^ftte: -e: expected a value, got a word that begins with "-"\. If .*: -e-1$/m);
    assert.match((await ftte(['privacy', file, '--epsilon', '-1'])).err, /join both: --epsilon=-1$/m);
    assert.match(
      (await ftte(['privacy', file, '-e-1'])).err,
      /--epsilon: expected a number above 0, got "-1"/,
    );
    assert.match((await ftte(['privacy', file, '--epsilon', '5000'])).err, /privacy\.epsilon: expected/);
  });
});
