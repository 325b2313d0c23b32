import assert from 'node:assert/strict';
import fc from 'fast-check';
import { javascriptKernels } from '../../../../gateway/engine/kernels/javascript';
import { loadKernels, openWasm } from '../../../../gateway/engine/kernels/wasm';
import {
  geometryOf,
  inputParts,
  type Way,
  type Ways,
} from '../../../../gateway/engine/layers/common/geometry';
import { SeededRandom } from '../../../../gateway/platform';

const arenaBytes = 1 << 18;
/** Byte offsets: input, weights, output, and a table. */
const [X, W, Y, G] = [64, 1 << 16, 2 << 16, 3 << 16] as const;
const way = fc
  .record({
    length: fc.integer({ min: 1, max: 12 }),
    taps: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 1, max: 3 }),
    same: fc.boolean(),
  })
  .map(({ length, taps, stride, same }): Way => {
    const windows = same ? Math.ceil(length / stride) : Math.max(1, Math.floor((length - taps) / stride) + 1);
    const before = same ? Math.floor(Math.max((windows - 1) * stride + taps - length, 0) / 2) : 0;
    return { length, windows, taps, stride, before };
  });
const kernelCase = fc.record({
  ways: fc.tuple(way, way),
  channels: fc.integer({ min: 1, max: 21 }),
  outputs: fc.integer({ min: 1, max: 18 }),
  batch: fc.integer({ min: 1, max: 2 }),
  biased: fc.boolean(),
  seed: fc.nat(1000),
});

for (const build of ['strict', 'relaxed'] as const) {
  const loaded = loadKernels(build);
  if ('missing' in loaded) {
    describe.skip(`Convolution kernels of the ${build} build (${loaded.missing})`, () => undefined);
    continue;
  }
  describe(`Convolution kernels of the ${build} build`, () => {
    const host = openWasm(loaded.module, build, arenaBytes);
    const oracle = new ArrayBuffer(arenaBytes + 64);
    const javascript = javascriptKernels(oracle);
    /** Runs a call on both, over the same random values and the given tables, and compares all that is there after. */
    const compare = (
      seed: number,
      tables: readonly number[][],
      call: (kernels: typeof javascript) => void,
    ) => {
      const random = new SeededRandom(seed);
      const floats = new Float32Array(oracle, 0, arenaBytes / 4);
      for (let i = 0; i < floats.length; i++) floats[i] = random.uniform() - 0.5;
      const ints = new Int32Array(oracle);
      for (const [i, table] of tables.entries()) ints.set(table, G / 4 + 64 * i);
      new Uint8Array(host.buffer, 0, arenaBytes).set(new Uint8Array(oracle, 0, arenaBytes));
      call(javascript);
      call(host.kernels);
      const got = new Float32Array(host.buffer, 0, G / 4);
      for (let i = 0; i < got.length; i++) {
        if (got[i] !== floats[i] && !(Math.abs(got[i]! - floats[i]!) <= 2e-5))
          assert.fail(`[${i}] is ${got[i]}, expected ${floats[i]}`);
      }
    };
    const size = ([down, across]: Ways, channels: number) => ({
      x: down.length * across.length * channels,
      y: (outputs: number) => down.windows * across.windows * outputs,
    });

    it('agree with JavaScript on convolutions of random shapes', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, outputs, batch, biased, seed }) => {
          const sizes = size(ways, channels);
          const columns = Math.min(8, outputs);
          const bias = biased ? W + 40_000 : 0;
          compare(seed, [geometryOf(ways, channels, outputs)], (k) => {
            k.convolve(X, sizes.x, W, outputs, bias, Y, sizes.y(outputs) + 1, G, batch, columns);
          });
          compare(seed, [geometryOf(ways, channels, outputs)], (k) =>
            k.convolveWeights(X, sizes.x, Y, sizes.y(outputs), W, G, batch, outputs),
          );
          const positions = ways[0].taps * ways[1].taps;
          compare(seed, [], (k) => k.flipPanel(W, Y, positions, channels, outputs, channels > 8 ? 8 : 0));
        }),
        { numRuns: 60, seed: 3 },
      );
    });

    it('agree with JavaScript on convolutions of single channels', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, batch, biased, seed }) => {
          const sizes = size(ways, channels);
          const bias = biased ? W + 40_000 : 0;
          const chosen = Array.from({ length: channels }, (_, c) => c).filter((c) => c % 3 !== 1);
          const names = [...chosen, 0, 0, 0];
          compare(seed, [geometryOf(ways, channels, channels, 1)], (k) =>
            k.depthwise(X, sizes.x, W, bias, Y, sizes.y(channels) + 3, G, batch),
          );
          for (const own of [undefined, chosen]) {
            const width = own?.length ?? channels;
            compare(seed, [geometryOf(ways, width, width, 1), names], (k) =>
              k.depthwiseWeights(
                X,
                size(ways, width).x,
                Y,
                sizes.y(channels),
                channels,
                own ? G + 256 : 0,
                W,
                G,
                batch,
              ),
            );
          }
        }),
        { numRuns: 60, seed: 4 },
      );
    });

    it('agree with JavaScript on the parts of an input gradient, which cover each of its places once', () => {
      fc.assert(
        fc.property(kernelCase, ({ ways, channels, batch, seed }) => {
          const sizes = size(ways, channels);
          const parts = inputParts(ways, channels, channels, -1);
          const seen = new Uint8Array(sizes.x);
          for (const { at, tap, geometry } of parts) {
            const [lines, pixels, line, pixel] = geometry as [number, number, number, number];
            for (let r = 0; r < lines; r++)
              for (let p = 0; p < pixels; p++)
                for (let c = 0; c < channels; c++) seen[at + r * line + p * pixel + c]!++;
            const first = W + 4096 + tap * channels * 4;
            compare(seed, [geometry], (k) =>
              k.depthwise(X, sizes.y(channels), first, 0, Y + at * 4, sizes.x, G, batch),
            );
          }
          assert.ok(seen.every((times) => times === 1));
        }),
        { numRuns: 40, seed: 6 },
      );
    });
  });
}
