import assert from 'node:assert/strict';
import { evaluateHeldOut } from '../../../../gateway/participant/evaluation/evaluate-held-out';
import { HeldOut, type Side } from '../../../../gateway/participant/evaluation/held-out';
import { SeededRandom } from '../../../../gateway/platform';
import { SampleStore } from '../../../../gateway/stream';
import { parseTask } from '../../../../gateway/task';

const taskOf = (length: number, hop: number) =>
  parseTask({
    name: 'test',
    input: { channels: [{ name: 'x' }], rateHz: 50, length, hop },
    labels: ['a', 'b'],
    model: { preset: 'mlp' },
  });

/** Windows of a line of time: window i holds the readings from i * hop on. */
const windowAt = (i: number, length: number, hop: number) =>
  Float32Array.from({ length }, (_, row) => i * hop + row);

function sidesOf(length: number, hop: number, count: number, heldOut = new HeldOut(new SeededRandom(1))) {
  heldOut.fit(taskOf(length, hop));
  const sides: Side[] = [];
  for (let i = 0; i < count; i++)
    sides.push(heldOut.take({ window: windowAt(i, length, hop), label: i % 2 }));
  return sides;
}

describe('windows that a gateway holds out', () => {
  for (const [length, hop] of [
    [16, 16],
    [16, 8],
    [32, 4],
    [30, 7],
  ] as const)
    it(`share no reading with one that is trained on: windows of ${length}, every ${hop}`, () => {
      const sides = sidesOf(length, hop, 600);
      const trained = new Set<number>();
      sides.forEach((side, i) => {
        if (side === 'train') for (const reading of windowAt(i, length, hop)) trained.add(reading);
      });
      sides.forEach((side, i) => {
        if (side !== 'held-out') return;
        for (const reading of windowAt(i, length, hop)) assert.ok(!trained.has(reading), `window ${i}`);
      });
      const share = sides.filter((side) => side === 'held-out').length / sides.length;
      assert.ok(share > 0.12 && share <= 0.21, String(share));
    });

  it('come after the first windows, which are for training', () => {
    const sides = sidesOf(16, 8, 45);
    assert.deepEqual(new Set(sides.slice(0, 18)), new Set(['train']));
    assert.equal(sides.slice(18, 28).filter((side) => side === 'held-out').length, 8);
  });

  it('are divided for each person by themselves', () => {
    const heldOut = new HeldOut(new SeededRandom(1));
    heldOut.fit(taskOf(16, 8));
    const sides = { ann: [] as Side[], bob: [] as Side[] };
    for (let i = 0; i < 40; i++)
      for (const [who, offset] of [
        ['ann', 0],
        ['bob', 10_000],
      ] as const)
        sides[who].push(heldOut.take({ window: windowAt(i + offset, 16, 8), label: 0 }, who));
    assert.deepEqual(sides.ann, sides.bob);
    assert.deepEqual(sides.ann, sidesOf(16, 8, 40));
  });

  it('stay on their side when a recording is played again', () => {
    const heldOut = new HeldOut(new SeededRandom(1));
    const first = sidesOf(16, 8, 50, heldOut);
    const again = sidesOf(16, 8, 50, heldOut);
    again.forEach((side, i) => {
      if (first[i] === 'held-out') assert.notEqual(side, 'train', `window ${i}`);
      if (first[i] === 'train') assert.notEqual(side, 'held-out', `window ${i}`);
    });
  });

  it('are none if the memory holds only a few', () => {
    const heldOut = new HeldOut(new SeededRandom(1));
    heldOut.fit(taskOf(40_000, 40_000));
    for (let i = 0; i < 50; i++)
      assert.equal(heldOut.take({ window: new Float32Array(40_000), label: 0 }), 'train');
    assert.equal(heldOut.store.size, 0);
  });

  it('are measured in parts that add up', async () => {
    const store = new SampleStore({ capacity: 256, random: new SeededRandom(1) });
    store.fit(taskOf(2048, 2048));
    const parts: number[] = [];
    const trainer = {
      evaluate: async ({ count, y }: { count: number; y: Uint16Array }) => {
        parts.push(count);
        // Everything is called the first label.
        const labels = [0, 1].map((label) => y.filter((each) => each === label).length);
        return { count, loss: count, confusion: Uint32Array.of(labels[0]!, 0, labels[1]!, 0) };
      },
    };
    for (let i = 0; i < 50; i++) store.add({ window: new Float32Array(2048), label: i % 2 });
    const evaluation = await evaluateHeldOut(trainer, store, 2);
    assert.ok(parts.length > 1 && parts.every((count) => count <= 32), String(parts));
    const loss = parts.reduce((sum, count) => sum + count * count, 0) / 50;
    assert.deepEqual(evaluation, { windows: 50, loss, counts: [25, 25], right: [25, 0] });
  });
});
