import { deepEqual, equal, match } from 'node:assert/strict';
import fc from 'fast-check';
import { SeenUpdates } from '../../../../gateway/coordinator/fleet/seen-updates';
import {
  UpdateValidator,
  type ValidationContext,
} from '../../../../gateway/coordinator/updates/update-validator';
import { densePlan, type Plan, parameterLayout } from '../../../../gateway/model';
import { taskModel } from '../../../../gateway/task';
import type { RejectionReason, Update } from '../../../../gateway/wire';
import { tinyTask } from '../fleet-harness';

const layout = parameterLayout(taskModel(tinyTask()));
const lineage = '0123456789abcdef';
function seenUpdates(...ids: string[]): SeenUpdates {
  const seen = new SeenUpdates();
  for (const id of ids) seen.add({ id });
  seen.add({ id: 'ffffffffffffffff', counter: 1000 });
  return seen;
}

const context: ValidationContext = {
  lineage,
  version: 60,
  maxAge: 50,
  maxNorm: 10,
  abandoned: [{ after: 40, before: 45 }],
  seen: seenUpdates('5eee5eee5eee5eee'),
  needsCounter: false,
};

function update(fields: Partial<Update> = {}): Update & { sender: string } {
  return {
    type: 'update',
    sender: 'bed-4',
    id: '0000000000000001',
    lineage,
    baseVersion: 58,
    plan: densePlan(layout, 1),
    delta: { encoding: 'float32', values: new Float32Array(layout.size).fill(0.1) },
    samples: 10,
    steps: 2,
    variance: 0.5,
    lossBefore: 1,
    lossAfter: 0.5,
    durationMs: 10,
    peakBytes: 1000,
    ...fields,
  };
}

const values = (...list: number[]) => ({ encoding: 'float32' as const, values: Float32Array.from(list) });
const bias: Plan = { entries: [{ tensor: 1 }], microBatch: 1 };

describe('the validator of updates', () => {
  it('accepts an update and reads its coordinates', () => {
    deepEqual(new UpdateValidator(layout).check(update(), context), {
      status: 'accepted',
      segments: [{ offset: 0, length: layout.size }],
      delta: new Float32Array(layout.size).fill(0.1),
    });
    deepEqual(new UpdateValidator(layout).check(update({ plan: bias, delta: values(1, 2, 3) }), context), {
      status: 'accepted',
      segments: [{ offset: 6, length: 3 }],
      delta: Float32Array.of(1, 2, 3),
    });
  });

  const table: [what: string, Partial<Update>, Partial<ValidationContext>, RejectionReason, RegExp][] = [
    ['a gateway without a hello', {}, { seen: undefined }, 'unknown-sender', /bed-4 has not said hello/],
    [
      'a counter that another update has had',
      { counter: 1000 },
      {},
      'second-machine',
      /counter: another update has had 1000\. Two machines use one key.*restored/,
    ],
    [
      'a counter that is far behind',
      { counter: 1000 - 256 },
      {},
      'too-old',
      /counter: expected nearly 1000, got 744/,
    ],
    [
      'another lineage',
      { lineage: 'ffffffffffffffff' },
      {},
      'other-lineage',
      /expected lineage 0123456789abcdef, got f{16}/,
    ],
    [
      'a tensor the model does not have',
      { plan: { entries: [{ tensor: 2 }], microBatch: 1 } },
      {},
      'plan-mismatch',
      /tensor 2.*has 2/,
    ],
    [
      'a channel the tensor does not have',
      { plan: { entries: [{ tensor: 0, channels: [2] }], microBatch: 1 } },
      {},
      'plan-mismatch',
      /channel 2 of dense\/kernel, which has 2/,
    ],
    [
      'channels of a bias, even none of them',
      { plan: { entries: [{ tensor: 1, channels: [] }], microBatch: 1 }, delta: values() },
      {},
      'plan-mismatch',
      /input channels of dense\/bias, which has none/,
    ],
    [
      'an empty plan',
      { plan: { entries: [], microBatch: 1 }, delta: values() },
      {},
      'plan-mismatch',
      /plan: expected at least one parameter, got none/,
    ],
    [
      'a delta of another length',
      { plan: bias, delta: values(1, 2) },
      {},
      'plan-mismatch',
      /delta: expected 3 values as the plan has parameters, got 2/,
    ],
    [
      'a delta with NaN',
      { plan: bias, delta: values(1, Number.NaN, 3) },
      {},
      'not-finite',
      /delta\[1\]: expected a finite number, got NaN/,
    ],
    [
      'a delta with infinity',
      { plan: bias, delta: values(1, 2, Number.NEGATIVE_INFINITY) },
      {},
      'not-finite',
      /delta\[2\]: expected a finite number, got -Infinity/,
    ],
    [
      'a variance that is not finite',
      { variance: Number.NaN },
      {},
      'not-finite',
      /variance: expected a finite number, got NaN/,
    ],
    [
      'a norm over the bound',
      { plan: bias, delta: values(0, 6, 8.1) },
      {},
      'norm-exceeded',
      /norm of the delta: expected at most 10, got 10\.08/,
    ],
    [
      'a base too many versions ago',
      { baseVersion: 9 },
      {},
      'too-old',
      /age: expected at most 50 versions, got 51 \(baseVersion 9\)/,
    ],
    [
      'a base that was rolled back',
      { baseVersion: 43 },
      {},
      'too-old',
      /baseVersion: expected 60, got 43, which was rolled back/,
    ],
    [
      'a base from the future',
      { baseVersion: 61 },
      {},
      'future-version',
      /baseVersion: expected at most the newest version 60, got 61/,
    ],
    ['no samples', { samples: 0 }, {}, 'malformed', /samples: expected at least 1, got 0/],
    ['a negative variance', { variance: -1 }, {}, 'malformed', /variance: expected at least 0, got -1/],
  ];
  for (const [what, fields, change, reason, detail] of table) {
    it(`rejects ${what} as ${reason}, naming what came and what was expected`, () => {
      const verdict = new UpdateValidator(layout).check(update(fields), { ...context, ...change });
      equal(verdict.status, 'rejected');
      if (verdict.status !== 'rejected') return;
      equal(verdict.reason, reason);
      match(verdict.detail, detail);
    });
  }

  it('accepts at the bounds: the largest age, norm and base version, and both ends of a rollback', () => {
    const atBounds = [
      update({ baseVersion: 10 }),
      update({ baseVersion: 60 }),
      update({ baseVersion: 40 }),
      update({ baseVersion: 45 }),
      update({ plan: bias, delta: values(0, 6, 8) }),
    ];
    for (const one of atBounds) equal(new UpdateValidator(layout).check(one, context).status, 'accepted');
  });

  it('recognises an accepted update, even if its base version is too old by now', () => {
    const again = update({ id: '5eee5eee5eee5eee', baseVersion: 0 });
    deepEqual(new UpdateValidator(layout).check(again, context), { status: 'duplicate' });
  });

  it('gives a verdict on whatever numbers a valid message can hold', () => {
    const number = fc.oneof(fc.constantFrom(Number.NaN, Infinity, -Infinity, -0, 3.4e38, 1e-45), fc.float());
    const count = fc.oneof(fc.nat(100), fc.constant(Number.MAX_SAFE_INTEGER));
    const entry = fc.record({
      tensor: fc.nat(3),
      channels: fc.option(fc.array(fc.nat(3), { maxLength: 3 }), { nil: undefined }),
    });
    const validator = new UpdateValidator(layout);
    fc.assert(
      fc.property(
        fc.record({ samples: count, baseVersion: count, variance: number }),
        fc.array(entry, { maxLength: 3 }),
        fc.array(number, { maxLength: 12 }),
        (fields, entries, list) => {
          const plan = { entries, microBatch: 1 };
          const verdict = validator.check(update({ ...fields, plan, delta: values(...list) }), context);
          equal(['accepted', 'rejected'].includes(verdict.status), true);
        },
      ),
    );
  });
});
