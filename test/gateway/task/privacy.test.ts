import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseTask, privateRound, type TaskInput } from '../../../gateway/task';
import { smallTask } from '../../../tools/support/small-task';

const task = (privacy: unknown, training: TaskInput['training'] = {}) =>
  parseTask({ name: 'tiny', ...smallTask(8), training, ...(privacy ? { privacy } : {}) });

const counted = (aggregation: TaskInput['aggregation']) =>
  parseTask({ name: 'tiny', ...smallTask(8), aggregation, privacy: { level: 'gateway' } });

describe('the privacy of a task', () => {
  it('has a value for every setting that is left out, and is absent by default', () => {
    assert.deepEqual(task({ level: 'record' }).privacy, {
      level: 'record',
      epsilon: 8,
      delta: 1e-5,
      clip: 'auto',
      rounds: 100,
    });
    assert.equal('privacy' in task(undefined), false, 'a task without privacy is the same as ever');
  });

  for (const [wrong, pattern] of [
    [{ level: 'person' }, /^privacy\.level: expected/],
    [{ level: 'record', epsilon: 0 }, /^privacy\.epsilon: expected/],
    [{ level: 'record', delta: 0.1 }, /^privacy\.delta: expected/],
    [{ level: 'record', clip: -1 }, /^privacy\.clip/],
    [{ level: 'record', rounds: 0 }, /^privacy\.rounds: expected/],
  ] as const) {
    it(`is refused with the field for ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => task(wrong), { code: 'task-invalid', message: pattern });
    });
  }

  it('fills in, at the level of gateways, what goes with it, and keeps what was given', () => {
    const { privacy, aggregation } = task({ level: 'gateway', clip: 2 });
    assert.deepEqual(privacy, {
      level: 'gateway',
      epsilon: 8,
      delta: 1e-5,
      clip: 2,
      contributions: 20,
      separation: 'auto',
    });
    assert.deepEqual(
      [aggregation.variance, aggregation.robust, aggregation.participation.kind],
      ['none', 'auto', 'granted'],
    );
    const given = counted({ participation: { kind: 'free' } });
    assert.equal(given.aggregation.participation.kind, 'free');
    assert.equal(parseTask(given).aggregation.variance, 'none', 'a task that was checked stays the same');
  });

  for (const [aggregation, pattern] of [
    [
      { rule: { kind: 'fedasync' } },
      /^aggregation\.rule\.kind: expected ftte, .*got fedasync: .*a version of each update/,
    ],
    [{ rule: { kind: 'ca2fl' } }, /^aggregation\.rule\.kind: .*got ca2fl: .*its memory/],
    [{ rule: { kind: 'fedavg' } }, /^aggregation\.rule\.kind: .*got fedavg: .*a divisor must be public/],
    [{ variance: 'gradient' }, /^aggregation\.variance: expected none, got gradient: .*weights/],
    [{ robust: 'clip' }, /^aggregation\.robust: expected none, got clip: .*limits/],
    [{ steps: 'normalise' }, /^aggregation\.steps: expected auto or keep, got normalise: .*stretched/],
    [{ maxNorm: 0.1 }, /^privacy\.clip: expected at most aggregation\.maxNorm, which is 0\.1, got 0\.5/],
  ] as const)
    it(`is refused at the level of gateways with the reason for ${JSON.stringify(aggregation)}`, () => {
      assert.throws(() => counted(aggregation), { code: 'task-invalid', message: pattern });
    });

  it('is refused together with draws by label', () => {
    assert.throws(() => task({ level: 'record' }, { balance: 'equal' }), {
      code: 'task-invalid',
      message: /^training\.balance: expected auto or none, got equal/,
    });
  });
});

describe('a private round', () => {
  it('is undefined for a task without privacy', () => {
    assert.equal(privateRound(task(undefined), 100), undefined);
  });

  it('takes on average about a batch, and says the number of samples to a quarter of an octave', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 512 }), (count, batchSize) => {
        const { samples, rate, batch, steps } = privateRound(
          task({ level: 'record' }, { batchSize }),
          count,
        )!;
        assert.ok(samples <= count && samples > count / 2 ** 0.25 - 1, `${samples} of ${count}`);
        assert.equal(rate, batch / samples);
        assert.ok(rate <= 1 && batch <= batchSize && steps >= 1);
      }),
    );
  });

  it('differs for no two numbers of samples that are said to be the same', () => {
    const settings = task({ level: 'record' });
    const rounds = new Map<number, string>();
    for (let count = 1; count < 3000; count++) {
      const round = privateRound(settings, count)!;
      const text = JSON.stringify(round);
      assert.equal(rounds.get(round.samples) ?? text, text);
      rounds.set(round.samples, text);
    }
    assert.ok(rounds.size < 50);
  });
});
