import { deepEqual, equal, throws } from 'node:assert/strict';
import fc from 'fast-check';
import {
  CounterWindow,
  windowBytes,
  windowLength,
} from '../../../../gateway/coordinator/fleet/counter-window';
import { SeenUpdates } from '../../../../gateway/coordinator/fleet/seen-updates';

const idOf = (number: number) => number.toString(16).padStart(16, '0');
/** Counters whose ids are known. */
const idsLength = 64;

describe('counters of updates (P-28)', () => {
  it('count once each, in any order within the window, a repetition never, and another update under one is noticed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 400 }),
        fc.nat(400),
        (updates, restartAt) => {
          let window = new CounterWindow();
          const accepted = new Set<number>();
          for (const [i, [counter, isWithdrawn]] of updates.entries()) {
            if (i === restartAt) window = new CounterWindow(window.bytes);
            const { highest } = window;
            const below = highest - counter;
            const fresh = below < 0 || (below < windowLength && !accepted.has(counter));
            const known = below < windowLength ? 'counted' : 'behind';
            equal(window.judge(counter, idOf(counter)), fresh ? 'new' : known);
            const other = below < idsLength ? 'conflict' : known;
            equal(window.judge(counter, idOf(counter + 1_000)), fresh ? 'new' : other);
            if (!fresh) continue;
            window.accept(counter, idOf(counter));
            equal(window.highest, Math.max(highest, counter));
            accepted.add(counter);
            if (!isWithdrawn) continue;
            window.withdraw(counter);
            accepted.delete(counter);
          }
          for (let counter = 0; counter <= 700; counter++)
            equal(
              window.has(idOf(counter)),
              accepted.has(counter) && counter > window.highest - idsLength,
              `${counter}`,
            );
        },
      ),
    );
  });

  it('take no more memory however far they jump', () => {
    const window = new CounterWindow();
    for (let i = 0; i < 1_000; i++) window.accept(i * 2 ** 36, idOf(i));
    equal(window.judge(2 ** 48, idOf(1)), 'new');
    equal(window.bytes.length, windowBytes);
    deepEqual(new CounterWindow(window.bytes), window);
    throws(() => new CounterWindow(window.bytes.subarray(1)), RangeError);
  });
});

describe('the accepted updates of a gateway', () => {
  it('are known by their ids, whether they came with a counter or without', () => {
    const seen = new SeenUpdates();
    seen.add({ id: idOf(1) });
    seen.add({ id: idOf(2), counter: 7 });
    const restored = new SeenUpdates();
    restored.restore(seen.ids.bytes, seen.counters);
    for (const each of [seen, restored]) {
      equal(each.highestCounter, 7);
      // An update that an earlier package has sent gets its counter later.
      equal(each.judge({ id: idOf(1), counter: 8 }), 'counted');
      equal(each.judge({ id: idOf(2) }), 'counted');
      equal(each.judge({ id: idOf(3), counter: 7 }), 'conflict');
      equal(each.judge({ id: idOf(3), counter: 6 }), 'new');
      equal(each.judge({ id: idOf(3) }), 'new');
    }
    seen.delete({ id: idOf(1) });
    seen.delete({ id: idOf(2), counter: 7 });
    equal(seen.judge({ id: idOf(1) }), 'new');
    equal(seen.judge({ id: idOf(2), counter: 7 }), 'new');
  });

  it('keep no counters of gateways that send none', () => {
    const seen = new SeenUpdates();
    seen.add({ id: idOf(1) });
    equal(seen.counters, undefined);
    equal(seen.highestCounter, -1);
  });
});
