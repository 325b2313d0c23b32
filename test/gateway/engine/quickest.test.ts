import assert from 'node:assert/strict';
import type { ArenaBuffer, Spare } from '../../../gateway/engine/arena/schedule';
import type { View } from '../../../gateway/engine/arena/view';
import { bindQuickest, winogradOptions } from '../../../gateway/engine/layers/common/winograd';

const time = 5;
const shape = { rows: 32, positions: 5, channels: 64, outputs: 64 };
const options = winogradOptions('forward', shape, 32);
const [inputStart, outputStart] = [1024, 1_048_576];

function view(offset: number, rows: number, halo: number, last: number): View {
  const [size, lead] = [rows * 64, halo * 64];
  const example = size + 2 * lead;
  const buffer: ArenaBuffer = { kind: 'activations', bytes: 32 * example * 4, offset, first: 0, last };
  return { buffer, example, lead, size, width: 64 };
}

/** Passes that a micro-batch is made in, where the arena has nothing to spare. */
function passes(count: number, inputLast: number, outputHalo = 0) {
  const spare: Spare = { options, group: 0, offset: -1, time };
  const input = view(inputStart, 32, 2, inputLast);
  const output = view(outputStart, 32, outputHalo, 9);
  const made: { first: number; count: number; scratch?: number; group?: number }[] = [];
  bindQuickest(
    spare,
    input,
    output,
    (first, count, scratch, group) => made.push({ first, count, scratch, group }),
    (first, count) => made.push({ first, count }),
  )({ count } as Parameters<ReturnType<typeof bindQuickest>>[0]);
  return { made, inputBytes: input.example * 4, outputBytes: output.example * 4 };
}

describe('A pass that the arena has no scratch for', () => {
  for (const [title, inputLast] of [
    ['its input is read again later', time + 1],
    ['nobody reads its input later', time],
  ] as const) {
    it(`does every example once, in scratch that holds nothing yet or no more, where ${title}`, () => {
      for (let count = 1; count <= 32; count++) {
        const { made, inputBytes, outputBytes } = passes(count, inputLast);
        let next = 0;
        for (const { first, count: taken, scratch, group } of made) {
          assert.equal(first, next);
          next += taken;
          if (scratch === undefined) continue;
          const end = scratch + options.find((option) => option.group === group)!.bytes;
          const inOutput =
            scratch >= outputStart + next * outputBytes && end <= outputStart + count * outputBytes;
          const inInput = scratch >= inputStart && end <= inputStart + first * inputBytes;
          assert.ok(inOutput || (inInput && inputLast === time), `${count}: ${first}, ${taken}`);
        }
        assert.equal(next, count);
      }
    });
  }

  it('leaves few examples or none to the plain product', () => {
    const plainly = (inputLast: number) =>
      passes(32, inputLast)
        .made.filter(({ scratch }) => scratch === undefined)
        .reduce((sum, { count }) => sum + count, 0);
    // The smallest scratch takes the places of so many.
    const places = Math.ceil(options.at(-1)!.bytes / passes(1, time).outputBytes);
    assert.ok(plainly(time + 1) <= places, String(plainly(time + 1)));
    assert.equal(plainly(time), 0);
  });

  it('does not touch the zeros around an output', () => {
    assert.deepEqual(passes(32, time, 2).made, [{ first: 0, count: 32 }]);
  });
});
