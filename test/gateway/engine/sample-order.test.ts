import assert from 'node:assert/strict';
import { SampleOrder } from '../../../gateway/engine';
import { SeededRandom, shuffle } from '../../../gateway/platform';

/** 90 samples of label 0, 9 of label 2, one of label 5. */
const y = Uint16Array.from({ length: 100 }, (_, i) => (i < 90 ? 0 : i < 99 ? 2 : 5));
const samples = { count: y.length, x: new Float32Array(y.length), y };
const countsOf = (places: Uint32Array) =>
  [0, 2, 5].map((label) => places.filter((place) => y[place] === label).length);

describe('the order of the samples in a round', () => {
  it('is without balance that of one shuffle after the other', () => {
    const order = new SampleOrder(samples, new SeededRandom(4));
    const random = new SeededRandom(4);
    const expected = Uint32Array.from(y, (_, i) => i);
    for (let pass = 0; pass < 3; pass++) {
      order.next();
      shuffle(expected, random);
      assert.deepEqual(order.places, expected);
    }
  });

  it('draws labels by the root of their number, or equally often, in passes of the same length', () => {
    for (const [balance, expected] of [
      [0.5, [70, 22, 8]],
      [1, [33, 34, 33]],
    ] as const) {
      const order = new SampleOrder(samples, new SeededRandom(4), balance);
      order.next();
      assert.equal(order.places.length, 100);
      const counts = countsOf(order.places);
      counts.forEach((count, i) => {
        assert.ok(Math.abs(count - expected[i]!) <= 1, `${balance}: ${counts}`);
      });
    }
  });

  it('takes every sample of a label before any comes again, from one pass to the next', () => {
    const order = new SampleOrder(samples, new SeededRandom(4), 1);
    const seen = new Map<number, number>();
    for (let pass = 0; pass < 8; pass++) {
      order.next();
      for (const place of order.places) seen.set(place, (seen.get(place) ?? 0) + 1);
    }
    const common = [...seen].filter(([place]) => y[place] === 0).map(([, times]) => times);
    assert.equal(common.length, 90);
    assert.ok(Math.max(...common) - Math.min(...common) <= 1);
  });

  it('is the plain one for samples of one label, and for samples without labels', () => {
    for (const labels of [new Uint16Array(10).fill(3), new Uint16Array(0)]) {
      const order = new SampleOrder(
        { count: 10, x: new Float32Array(10), y: labels },
        new SeededRandom(1),
        0.5,
      );
      order.next();
      assert.deepEqual(
        [...order.places].sort((a, b) => a - b),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      );
    }
  });

  it('repeats with the same seed', () => {
    const places = () => {
      const order = new SampleOrder(samples, new SeededRandom(9), 0.5);
      order.next();
      order.next();
      return order.places;
    };
    assert.deepEqual(places(), places());
  });
});
