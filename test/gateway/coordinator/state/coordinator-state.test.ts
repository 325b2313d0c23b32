import { deepEqual, ok, throws } from 'node:assert/strict';
import type { Contribution } from '../../../../gateway/coordinator/aggregation/contribution';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { CoordinatorState } from '../../../../gateway/coordinator/state/coordinator-state';
import { initialParameters, parameterLayout } from '../../../../gateway/model';
import { FtteError, type Resumable, runSync } from '../../../../gateway/platform';
import { stepNumbers } from '../../../../gateway/platform/concurrency/resumable';
import { type Task, taskModel } from '../../../../gateway/task';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

function recordOf(task: Task): CoordinatorState {
  const model = taskModel(task);
  const layout = parameterLayout(model);
  const lineage = '0123456789abcdef';
  return new CoordinatorState(task, layout, lineage, initialParameters(model, 1), new Membership(10));
}

function apply(record: CoordinatorState, buffer: readonly Contribution[]): void {
  runSync(record.advance(buffer, runSync(record.combine(buffer))));
}

/** Runs something that pauses. @returns the number of its turns, and what it returned */
function turnsOf<T>(resumable: Resumable<T>): [turns: number, returned: T] {
  for (let turns = 1; ; turns++) {
    const { done, value } = resumable.next();
    if (done) return [turns, value];
  }
}

describe('the state of a coordinator', () => {
  it('pauses once per 32 768 numbers at least while it makes a version of 10 dense updates of 60 000 parameters', () => {
    const record = recordOf(
      tinyTask({
        input: { channels: [{ name: 'a' }], rateHz: 1, length: 900, hop: 1 },
        model: {
          layers: [
            { type: 'flatten' },
            { type: 'dense', units: 66 },
            { type: 'relu' },
            { type: 'dense', units: 3 },
          ],
        },
        encoding: { patch: 'int8' },
      }),
    );
    const { size } = record.layout;
    const values = Array.from({ length: size }, (_, i) => Math.sin(i) / 100);
    const buffer = Array.from({ length: 10 }, (_, i) =>
      contribution(values, { variance: i, samples: 10 + i }),
    );
    const [combining, weighings] = turnsOf(record.combine(buffer));
    const [advancing] = turnsOf(record.advance(buffer, weighings));
    const turns = (numbers: number) => Math.floor(numbers / stepNumbers);
    ok(combining >= turns(buffer.length * size), `combining took ${combining} turns`);
    ok(advancing >= turns(size), `advancing took ${advancing} turns`);
  });

  for (const { rule, coverage, step } of [
    { rule: 'ftte', coverage: undefined, step: 0.5 },
    { rule: 'ftte', coverage: 'ignored', step: 1 },
    { rule: 'fedbuff', coverage: undefined, step: 1 },
  ] as const) {
    it(`takes ${step === 1 ? 'a whole step' : 'half a step'} if ${rule} has half of the mean coverage${coverage ? ', which is ignored' : ''}`, () => {
      const server = { kind: 'sgd', learningRate: 1 } as const;
      const record = recordOf(
        tinyTask({
          aggregation: { rule: { kind: rule }, server, variance: 'none', ...(coverage && { coverage }) },
        }),
      );
      const [before] = record.model.parameters.exact;
      const few = contribution([1], { segments: [{ offset: 0, length: 1 }] });
      const many = [1, 2, 3].map(() => contribution([0], { segments: [{ offset: 1, length: 1 }] }));
      // The weights are 1 and 3, with a mean of 2.
      apply(record, [few, ...many]);
      ok(Math.abs((record.model.parameters.exact[0] as number) - (before as number) - step) < 1e-6);
    });
  }

  it('does not continue from a checkpoint of another model', () => {
    const checkpoint = recordOf(tinyTask()).checkpoint();
    throws(
      () => recordOf(tinyTask({ seed: 2 })).restore(checkpoint),
      (error) => error instanceof FtteError && error.code === 'checkpoint-damaged',
    );
  });

  it('forgets versions that were rolled back once no update can be that old', () => {
    const record = recordOf(tinyTask({ aggregation: { maxAge: 3 } }));
    const buffer = [contribution([0.1, 0, 0, 0, 0, 0, 0, 0, 0])];
    apply(record, buffer);
    const kept = { ...record.checkpoint() };
    apply(record, buffer);
    record.rollBack(kept);
    deepEqual(record.abandoned, [{ after: 1, before: 3 }]);
    for (let i = 0; i < 3; i++) apply(record, buffer);
    deepEqual(record.abandoned, []);
  });
});
