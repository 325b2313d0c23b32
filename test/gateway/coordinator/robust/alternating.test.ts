import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { type Plan, runFleet, type Sent, usualSamples } from './artificial-fleet';

/** A million samples count as four times the median. */
const many = 1_000_000;
const tiny: Sent = { length: 0.01 };
const fewSamples: Sent = { samples: 1 };
const back: Sent = { length: -1 };
const longBack: Sent = { length: -3.9 };
const heavyBack: Sent = { length: -1, samples: many };
const longHeavyBack: Sent = { length: -3.9, samples: many };

/** Another update comes last of so many. */
const lastOf =
  (turns: number, usual: Sent, last: Sent): Plan =>
  (turn) =>
    turn % turns === turns - 1 ? last : usual;
/** Good ones for long, then only bad ones. */
const from =
  (first: number, good: Sent, bad: Sent): Plan =>
  (turn) =>
    turn < first ? good : bad;

const plans: Readonly<Record<string, Plan>> = {
  'tiny forward, long backward, 1 in 2': lastOf(2, tiny, longBack),
  'tiny forward, long backward, 1 in 3': lastOf(3, tiny, longBack),
  'tiny forward, long backward, 1 in 5': lastOf(5, tiny, longBack),
  'tiny forward, long and heavy backward, 1 in 2': lastOf(2, tiny, longHeavyBack),
  'tiny forward, long and heavy backward, 1 in 3': lastOf(3, tiny, longHeavyBack),
  'tiny forward, long and heavy backward, 1 in 5': lastOf(5, tiny, longHeavyBack),
  'tiny forward, backward as long as usual, 1 in 2': lastOf(2, tiny, back),
  'few samples forward, many backward, 1 in 2': lastOf(2, fewSamples, heavyBack),
  'few samples forward, many backward, 1 in 3': lastOf(3, fewSamples, heavyBack),
  'few samples forward, many backward, 1 in 5': lastOf(5, fewSamples, heavyBack),
  'few samples forward, long backward with many, 1 in 2': lastOf(2, fewSamples, longHeavyBack),
  'old forward, fresh and heavy backward, 1 in 2': lastOf(2, { age: 40 }, longHeavyBack),
  'honest, long and heavy backward, 1 in 2': lastOf(2, {}, longHeavyBack),
  'honest, long and heavy backward, 1 in 3': lastOf(3, {}, longHeavyBack),
  'honest, long and heavy backward, 1 in 5': lastOf(5, {}, longHeavyBack),
  'backward, one of three tiny forward': lastOf(3, longHeavyBack, tiny),
  'honest for forty versions, then long and heavy backward': from(40, {}, longHeavyBack),
  'forward at full weight for forty versions, then backward': from(40, { length: 1.5, samples: many }, back),
  'tiny forward for forty versions, then backward': from(40, tiny, back),
  'backward, and forward while on probation': (turn) => (turn % 26 < 6 ? longHeavyBack : {}),
  'backward, and tiny forward while on probation': (turn) => (turn % 26 < 6 ? longHeavyBack : tiny),
};

const isHonest = (name: string) => name.startsWith('honest');

describe('a gateway that knows how trust is measured', () => {
  for (const noise of [0, 1.2])
    for (const [what, plan] of Object.entries(plans))
      it(`takes little by: ${what}; noise ${noise}`, () => {
        const one = runFleet({ plans: { hostile: plan }, noise });
        const two = runFleet({ plans: { hostile: plan, second: plan }, honest: 8, noise });
        ok(one.progress > 0.94, `${one.progress} of the progress is left`);
        ok(two.progress > 0.89, `${two.progress} of the progress is left with two`);
        ok(![...one.quarantined.keys(), ...two.quarantined.keys()].some(isHonest));
      });

  for (const kind of ['fedbuff', 'fedavg', 'fadas'] as const)
    it(`takes little with the rule ${kind}`, () => {
      for (const plan of [lastOf(2, tiny, longHeavyBack), lastOf(3, fewSamples, heavyBack)]) {
        // One that is honest in two of three updates, if samples do not count, costs little more than one that sends nothing.
        const { progress } = runFleet({ plans: { hostile: plan }, rule: { kind } });
        ok(progress > 0.93, `${progress} of the progress is left`);
      }
    });

  it('takes little under ever new names: one that is new to a fleet counts as a usual one until it is judged', () => {
    const names: Plan = (turn) => ({ ...longHeavyBack, gateway: `name ${turn >> 1}` });
    const { progress, quarantined } = runFleet({ plans: { names } });
    ok(progress > 0.75, `${progress} of the progress is left`);
    ok(![...quarantined.keys()].some(isHonest));
  });

  it('does not pay with updates of one coordinate for those of all', () => {
    // Heavy and right on one coordinate, then backward on all.
    const plan: Plan = (turn) =>
      turn % 2 === 0 ? { delta: (honest) => [2.3 * honest[0]!], samples: many } : { length: -1.5 };
    const one = runFleet({ plans: { hostile: plan }, even: true });
    const two = runFleet({ plans: { hostile: plan, second: plan }, honest: 8, even: true });
    ok(one.progress > 0.88, `${one.progress} of the progress is left`);
    ok(two.progress > 0.78, `${two.progress} of the progress is left with two`);
  });

  it('takes no more by any alternation than by its weight alone, with updates of nothing', () => {
    const update = (sign: number) =>
      fc.record({
        length: fc.constantFrom(0.01, 0.1, 0.3, 1, 1.5).map((length) => sign * length),
        samples: fc.constantFrom(1, usualSamples, many),
      });
    const times = fc.integer({ min: 1, max: 5 });
    const plans = fc.tuple(update(1), update(-1), times, times);
    fc.assert(
      fc.property(plans, fc.constantFrom(0, 1.2), ([good, bad, goodOnes, badOnes], noise) => {
        const plan: Plan = (turn) => (turn % (goodOnes + badOnes) < goodOnes ? good : bad);
        const { progress, quarantined } = runFleet({ plans: { hostile: plan }, noise, versions: 60 });
        // Nine of the 13 parts of a buffer are of the others.
        ok(progress > 9 / 13, `${progress} of the progress is left`);
        ok(![...quarantined.keys()].some(isHonest));
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('pays for what it sends after a probation by what has moved the model, not by what it sent meanwhile', () => {
    // Long and honest while nothing of it counts, then backward for as long as it is not caught.
    const plan: Plan = (turn) =>
      turn < 5 ? longHeavyBack : turn < 25 ? { length: 1.5, samples: many } : back;
    const { progress, quarantined } = runFleet({ plans: { hostile: plan }, versions: 40 });
    deepEqual(quarantined.get('hostile')!.slice(0, 2), [2, 26]);
    ok(progress > 0.94, `${progress} of the progress is left`);
  });
});

describe('an honest gateway', () => {
  for (const [what, plan] of Object.entries<Plan>({
    'sends updates of one sample': () => fewSamples,
    'sends many samples now and then': lastOf(5, fewSamples, { samples: many }),
    'is slow': () => ({ age: 30 }),
    'is slow and then fast': from(30, { age: 30 }, {}),
    'sends a very long update now and then': lastOf(7, {}, { length: 3.9 }),
    'sends tiny updates and very long ones': lastOf(2, tiny, { length: 3.9, samples: many }),
    'is new, and has many samples': () => ({ samples: many }),
  }))
    it(`is not quarantined that ${what}`, () => {
      for (const noise of [0, 1.2, 2]) {
        const { progress, quarantined } = runFleet({ plans: { other: plan }, noise, versions: 60 });
        equal(quarantined.size, 0);
        ok(progress > 0.85, `${progress} of the progress is left`);
      }
    });

  it('is not quarantined that has a label of its own, at right angles to the others', () => {
    const own: Plan = (turn) => ({
      delta: (honest) =>
        honest.map((_, i) => (i === 0 ? 0.05 : i === 1 ? 1.4 : i === 2 ? turn % 3 : 0) * 0.9),
      samples: turn % 2 === 0 ? 5 : 60,
    });
    for (const noise of [0, 1.2]) equal(runFleet({ plans: { own }, noise }).quarantined.size, 0);
  });
});
