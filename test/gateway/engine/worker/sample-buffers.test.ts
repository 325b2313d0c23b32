import assert from 'node:assert/strict';
import { SampleBuffers } from '../../../../gateway/engine/worker/sample-buffers';

const samples = (count: number, value: number) => ({
  count,
  x: new Float32Array(3 * count).fill(value),
  y: new Uint16Array(count).fill(value),
});

describe('Buffers for samples', () => {
  it('hold a copy, which does not change with what it was copied of', () => {
    const given = samples(5, 2);
    const copy = new SampleBuffers().lend(given);
    given.x.fill(9);
    given.y.fill(9);
    assert.deepEqual([...copy.x], Array(15).fill(2));
    assert.deepEqual([...copy.y], Array(5).fill(2));
    assert.equal(copy.count, 5);
  });

  it('are used again once they are given back, also for fewer samples', () => {
    const buffers = new SampleBuffers();
    const first = buffers.lend(samples(5, 1));
    buffers.giveBack(first);
    const second = buffers.lend(samples(3, 4));
    assert.equal(second.x.buffer, first.x.buffer);
    assert.deepEqual([second.x.length, second.y.length], [9, 3]);
    assert.deepEqual([...second.x, ...second.y], Array(12).fill(4));
  });

  it('are never lent to two requests at a time', () => {
    const buffers = new SampleBuffers();
    buffers.giveBack(buffers.lend(samples(5, 1)));
    const [first, second] = [buffers.lend(samples(4, 1)), buffers.lend(samples(4, 2))];
    assert.notEqual(first.x.buffer, second.x.buffer);
    assert.deepEqual([...first.x], Array(12).fill(1));
  });

  it('give way to larger ones', () => {
    const buffers = new SampleBuffers();
    const [small, large] = [buffers.lend(samples(2, 1)), buffers.lend(samples(9, 1))];
    buffers.giveBack(small);
    buffers.giveBack(large);
    assert.equal(buffers.lend(samples(9, 3)).x.buffer, large.x.buffer);
  });
});
