import { deepEqual, equal, match, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { Robustness } from '../../../../gateway/coordinator/robust';
import { FleetDirection } from '../../../../gateway/coordinator/robust/fleet-direction';
import { runSync } from '../../../../gateway/platform';
import { contribution } from '../aggregation/contributions';
import { close } from '../aggregation/rules';

describe('the direction of a fleet', () => {
  it('is the exponential mean of its buffers, weighted by factors, and contributions have an angle to it', () => {
    const direction = new FleetDirection(2);
    const delta = contribution([1, 1]);
    const parts = [0.5, 0.5, 0].map((weight) => ({ weight, length: 0.01 }));
    equal(runSync(direction.compare(delta)), undefined);
    runSync(direction.add([contribution([200, 0]), contribution([0, 0]), contribution([9, 9])], parts));
    // v = (1, 0), also if a long delta counts as much shorter than it is.
    close([runSync(direction.compare(delta))!], [Math.SQRT1_2]);
    runSync(direction.add([contribution([0, 1])]));
    // v = (0.09, 0.1) / 0.19.
    close([runSync(direction.compare(delta))!], [0.9986178]);
    const other = new FleetDirection(2);
    other.restore(direction.array);
    equal(runSync(other.compare(delta)), runSync(direction.compare(delta)));
    other.restore(new Float32Array(7));
    equal(runSync(other.compare(delta)), undefined, 'an array of another model');
  });

  it('is the mean of the contributions that hold a coordinate, and keeps what none of them holds', () => {
    const direction = new FleetDirection(3);
    runSync(direction.add([contribution([4, 4, 4])]));
    const part = contribution([8, 2], { segments: [{ offset: 1, length: 2 }] });
    runSync(direction.add([part, contribution([6], { segments: [{ offset: 2, length: 1 }] })]));
    close(direction.array, [0.4, 0.9 * 0.4 + 0.8, 0.9 * 0.4 + 0.4]);
  });
});

describe('the protection against hostile gateways', () => {
  it('does nothing for none', () => {
    const robustness = new Robustness('none', 2, false);
    const one = contribution([1e6, 1]);
    equal(runSync(robustness.treat([one, contribution([1, 1])], 0)), undefined);
    deepEqual([...one.delta], [1e6, 1]);
    equal(robustness.refusalOf('a', Float32Array.of(1e30), 0, 3), undefined);
    equal(robustness.arrays().size, 0);
  });

  it('clips to twice the norm of most gateways, per root of parameters', () => {
    const robustness = new Robustness('clip', 4, false);
    // Norms per root: 1, 2 and 30, which counts as 8; two thirds stay below 2, so 4 is left of 30.
    const deltas = [contribution([1]), contribution([2, 2, 2, 2]), contribution([30, -30])];
    const { treatments, factors } = runSync(robustness.treat(deltas, 0))!;
    close(
      treatments.flatMap(({ norm, kept, factor }) => [norm, kept, factor]),
      [0.5, 1, 1, 1, 1, 1, 15, 4 / 30, 1],
    );
    equal(factors, undefined);
    deepEqual([...deltas[0]!.delta, ...deltas[1]!.delta], [1, 2, 2, 2, 2]);
    close(deltas[2]!.delta, [4, -4]);
  });

  it('clips to one and a half times the usual norm if gateways are judged, too', () => {
    const robustness = new Robustness('median', 4, false);
    const { treatments } = runSync(
      robustness.treat([contribution([1]), contribution([2]), contribution([30])], 0),
    )!;
    close(
      treatments.map(({ kept }) => kept),
      [1, 1, 0.1],
    );
  });

  it('counts a gateway once in a buffer, unless its rule does', () => {
    const twice = () => ['a', 'a', 'b'].map((gateway) => contribution([1], { gateway }));
    deepEqual(runSync(new Robustness('clip', 1, false).treat(twice(), 0))!.factors, [0.5, 0.5, 1]);
    equal(runSync(new Robustness('clip', 1, true).treat(twice(), 0))!.factors, undefined);
  });

  it('refuses above four times the norm of most gateways, until more than half of the fleet has grown', () => {
    const robustness = new Robustness('clip', 4, false);
    const refusal = (gateway: string, value: number, size = 4) =>
      robustness.refusalOf(gateway, new Float32Array(size).fill(value), 0, 4);
    equal(refusal('a', 100), undefined, 'nothing is known yet');
    runSync(
      robustness.treat(
        Array.from({ length: 10 }, () => contribution([1, 1, 1, 1])),
        0,
      ),
    );
    equal(refusal('a', 3.9), undefined);
    match(
      refusal('a', 4.1)!.detail,
      /expected at most 8\.000 for 4 parameters, as the norms of all gateways are, got 8\.200/,
    );
    equal(refusal('a', 4.1, 1)!.reason, 'norm-exceeded', 'per root of parameters');
    equal(refusal('b', 5)!.reason, 'norm-exceeded');
    equal(refusal('c', 5)!.reason, 'norm-exceeded');
    equal(refusal('d', 5), undefined, 'three of four were refused: the fleet has changed');
    runSync(robustness.treat([contribution([1])], 1));
    equal(refusal('d', 5)!.reason, 'norm-exceeded', 'a version later');
  });

  it('weighs by trust, and takes no step from gateways in quarantine alone', () => {
    const robustness = new Robustness('trust', 2, false);
    const buffer = () =>
      ['a', 'b', 'c', 'd', 'x'].map((gateway) =>
        contribution(gateway === 'x' ? [-1, -1] : [1, 1], { gateway }),
      );
    const changes: (string | undefined)[] = [];
    for (let version = 0; version < 4; version++) {
      const given = buffer();
      const treated = runSync(robustness.treat(given, version))!;
      changes.push(treated.treatments[4]!.change);
      runSync(robustness.learn(given, treated));
    }
    // The first three are the trial; the fleet as it was before a buffer is what the buffer is judged by.
    deepEqual(changes, [undefined, undefined, 'quarantined', undefined]);
    match(robustness.refusalOf('x', Float32Array.of(1), 4, 5)!.detail, /quarantined from version 2 to 22/);
    const { factors, isVoid } = runSync(robustness.treat([contribution([1, 1], { gateway: 'x' })], 4))!;
    deepEqual([factors, isVoid], [undefined, true]);
    const restored = new Robustness('trust', 2, false);
    restored.restore(robustness.arrays());
    deepEqual(restored.arrays(), robustness.arrays());
    ok(restored.release('x'));
    equal(restored.refusalOf('x', Float32Array.of(1), 4, 5), undefined);
  });

  it('does nothing for trust until five gateways have contributed, and then what it has learned meanwhile', () => {
    const robustness = new Robustness('trust', 2, false);
    const of = (gateway: string, value: number) => contribution([value, value], { gateway });
    for (let version = 0; version < 5; version++) {
      const given = [of('a', 1), of('b', 1), of('c', 1), of('x', -1000), of('x', -1)];
      const treated = runSync(robustness.treat(given, version))!;
      deepEqual([treated.factors, treated.isVoid, treated.isActive], [undefined, false, false]);
      deepEqual([...given[3]!.delta], [-1000, -1000]);
      equal(robustness.refusalOf('x', Float32Array.of(1e9, 1e9), version, 4), undefined);
      runSync(robustness.learn(given, treated));
    }
    const given = [of('a', 1), of('d', 1), of('x', -1000)];
    const { treatments, isActive } = runSync(robustness.treat(given, 5))!;
    deepEqual([isActive, treatments[2]!.change], [true, 'quarantined']);
    ok(given[2]!.delta[0]! > -10);
  });

  it('finds one that sends long updates while it only watches, and short ones that push back afterwards', () => {
    const robustness = new Robustness('trust', 2, false);
    const of = (gateway: string, value: number) => contribution([value, value], { gateway });
    const changes: (string | undefined)[] = [];
    for (let version = 0; version < 30; version++) {
      const isWatching = version < 20;
      const honest = ['a', 'b', 'c', ...(isWatching ? [] : ['d', 'e'])].map((id) => of(id, 1));
      const given = [...honest, of('x', isWatching ? -1000 : -0.1)];
      const treated = runSync(robustness.treat(given, version))!;
      if (isWatching) deepEqual(treated.treatments.at(-1)!.kept, 1);
      changes.push(treated.treatments.at(-1)!.change);
      ok(treated.treatments.slice(0, -1).every(({ factor, change }) => factor === 1 && !change));
      runSync(robustness.learn(given, treated));
    }
    equal(changes.indexOf('quarantined'), 20);
  });

  it('judges a gateway once in a buffer, however many contributions it has there', () => {
    const robustness = new Robustness('trust', 2, false);
    const ids = ['a', 'b', 'c', 'd', 'x', 'x', 'x'];
    const changes: (string | undefined)[][] = [];
    for (let version = 0; version < 3; version++) {
      // Of the three, the first is short and honest, and the others are long and hostile.
      const given = ids.map((gateway, i) => {
        const value = gateway !== 'x' ? 1 : i === 4 ? 0.1 : -1;
        return contribution([value, value], { gateway });
      });
      const treated = runSync(robustness.treat(given, version))!;
      changes.push(treated.treatments.slice(4).map(({ change }) => change));
      const factor = version === 2 ? 0 : 1;
      deepEqual(
        treated.treatments.map((one) => one.factor),
        ids.map((id) => (id === 'x' ? factor : 1)),
      );
      runSync(robustness.learn(given, treated));
    }
    const none = [undefined, undefined, undefined];
    deepEqual(changes, [none, none, ['quarantined', undefined, undefined]]);
  });

  it('says whether it watches, judges or finds no common way, and once if that is so for long', () => {
    const robustness = new Robustness('trust', 2, false);
    const treat = (version: number, angles: readonly number[]) => {
      const given = angles.map((angle, i) =>
        contribution([Math.cos(angle), Math.sin(angle)], { gateway: `g${i}` }),
      );
      runSync(robustness.treat(given, version));
      return robustness.isLongUnjudged;
    };
    equal(new Robustness('clip', 2, false).stage(0), undefined);
    const fifth = (2 * Math.PI) / 5;
    const apart = [0, fifth, 2 * fifth, 3 * fifth, 4 * fifth];
    const said: number[] = [];
    for (let version = 0; version < 70; version++) {
      const isFew = version < 30;
      if (treat(version, isFew ? [0, 0] : apart)) said.push(version);
      equal(robustness.stage(version + 1), isFew ? 'watching' : 'no-common-way');
    }
    deepEqual(said, [49]);
    for (let version = 70; version < 90; version++) treat(version, [0, 0, 0, 0, 0]);
    equal(robustness.stage(90), 'judging');
    const restored = new Robustness('trust', 2, false);
    restored.restore(robustness.arrays());
    deepEqual([restored.stage(90), restored.stage(500)], ['judging', 'watching']);
  });

  it('keeps every buffer finite and no longer than it was, whatever comes', () => {
    const value = fc.oneof(fc.constant(0), fc.double({ min: -1e18, max: 1e18, noNaN: true }));
    const one = fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      fc.array(value, { minLength: 3, maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(one, { minLength: 1, maxLength: 6 }), { maxLength: 8 }), (buffers) => {
        const robustness = new Robustness('clip', 3, false);
        buffers.forEach((buffer, version) => {
          const given = buffer.map(([gateway, delta]) => contribution(delta, { gateway }));
          const lengths = given.map(({ delta }) => Math.hypot(...delta));
          const { treatments, factors } = runSync(robustness.treat(given, version))!;
          ok(given.every(({ delta }, i) => Math.hypot(...delta) <= lengths[i]! * 1.000001));
          ok(treatments.every(({ norm, kept }) => Number.isFinite(norm) && kept > 0 && kept <= 1));
          ok((factors ?? []).every((factor) => factor > 0 && factor <= 1));
        });
      }),
      { numRuns: 200 },
    );
  });
});
