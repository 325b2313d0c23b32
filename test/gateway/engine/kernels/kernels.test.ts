import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { javascriptKernels } from '../../../../gateway/engine/kernels/javascript';
import { javascriptConvolutions } from '../../../../gateway/engine/kernels/javascript-convolutions';
import type { Kernels } from '../../../../gateway/engine/kernels/kernels';
import { loadKernels, openWasm } from '../../../../gateway/engine/kernels/wasm';
import { SeededRandom } from '../../../../gateway/platform';
import { layerKernelCases } from '../../../support/engine/layers';
import { A, arenaBytes, B, C, D, type KernelCase } from '../../../support/engine/layers/kernel-case';
import { lossKernelCases } from '../../../support/engine/loss-kernel-cases';
import { matrixKernelCases } from '../../../support/engine/matrix-kernel-cases';

const wasmFolder = join(__dirname, '..', '..', '..', '..', 'gateway', 'engine', 'wasm');
const floats = arenaBytes / 4;

const cases: KernelCase[] = [
  ...layerKernelCases,
  ...matrixKernelCases,
  ...lossKernelCases,
  ...[5, 8, 37].flatMap((size): KernelCase[] => [
    { title: `sgd of ${size} values`, call: (k) => k.sgd(A, B, 0, size, 0.1, 0) },
    { title: `sgd with momentum of ${size} values`, call: (k) => k.sgd(A, B, C, size, 0.1, 0.9) },
    { title: `decay of ${size} values`, call: (k) => void k.decay(A, size, 0.9) },
    { title: `sketch of ${size} values`, call: (k) => k.sketch(A, size, B, 16, 12_345, -1) },
    {
      // The second moments are made of the first call's squares, so that they are not negative.
      title: `adam of ${size} values`,
      call: (k) => {
        k.zero(D, size);
        k.adam(A, B, C, D, D + 4096, size, 0.01, 0.9, 0.999, 1e-7);
        return k.adam(A, B, C, D, D + 4096, size, 0.01, 0.9, 0.999, 1e-7);
      },
    },
  ]),
  { title: 'zeroHalo', call: (k) => void k.zeroHalo(A, 20, 4, 11, 3) },
  {
    title: 'takeChannels',
    call: (k) => void k.takeChannels(A, 40, B, 30, 3, 4, 9, D, 4),
    ints: [{ at: D, values: [0, 3, 4, 8] }],
  },
];

/** Content that a call leaves in an arena that started with the same random values for everyone. */
function run(kernels: Kernels, buffer: ArrayBuffer, { call, ints = [] }: KernelCase) {
  const random = new SeededRandom(11);
  const arena = new Float32Array(buffer, 0, floats);
  for (let i = 0; i < floats; i++) arena[i] = random.normal();
  for (const { at, values } of ints) new Int32Array(buffer, at, values.length).set(values);
  const result = call(kernels);
  return { result, arena: arena.slice(), bytes: new Uint8Array(buffer, 0, arenaBytes).slice() };
}

function assertSameArena(
  got: ReturnType<typeof run>,
  wanted: ReturnType<typeof run>,
  { bits, scratch }: KernelCase,
): void {
  assert.ok(Math.abs((got.result ?? 0) - (wanted.result ?? 0)) <= 1e-5 * Math.abs(wanted.result ?? 0));
  for (let i = 0; i < floats; i++) {
    if (scratch && i * 4 >= scratch.at) break; // it reaches to the arena's end
    if (bits && i * 4 + 3 >= bits.at && i * 4 < bits.at + bits.bytes) continue;
    const [a, b] = [got.arena[i]!, wanted.arena[i]!];
    assert.ok(
      Object.is(a, b) || Math.abs(a - b) <= 2e-5 * (1 + Math.abs(b)),
      `[${i}] is ${a}, expected ${b}`,
    );
  }
  if (bits) {
    const mask = ({ bytes }: typeof got) => bytes.subarray(bits.at, bits.at + bits.bytes);
    assert.deepEqual(mask(got), mask(wanted));
  }
}

describe('Smooth functions of the strict build', () => {
  it('are within 3e-7 of the true value over their whole range, and finite beyond it', () => {
    const loaded = loadKernels('strict');
    assert.ok('module' in loaded);
    const { kernels, buffer } = openWasm(loaded.module, 'strict', arenaBytes);
    const arena = new Float32Array(buffer);
    const functions = [
      ['tanh', Math.tanh],
      ['sigmoid', (x: number) => 1 / (1 + Math.exp(-x))],
    ] as const;
    for (const [name, wanted] of functions) {
      for (let i = 0; i < 8000; i++) arena[4 + i] = (i - 4000) / 100;
      for (let i = 0; i < 4000; i++) arena[8004 + i] = Math.fround((i % 2 ? -1 : 1) * 10 ** (-i / 200));
      const inputs = arena.slice(4, 12_004);
      kernels[name](16, 12_000, 12_000, 1);
      inputs.forEach((x, i) => {
        const value = wanted(x);
        const error = Math.abs(arena[4 + i]! - value);
        assert.ok(
          error <= 3e-7 * Math.abs(value) + 1e-37,
          `${name}(${x}) is ${arena[4 + i]}, expected ${value}`,
        );
      });
      arena.set([-1e30, 1e30, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -0, Number.NaN], 4);
      kernels[name](16, 8, 7, 1);
      const low = name === 'tanh' ? -1 : 0;
      const middle = name === 'tanh' ? 0 : 0.5;
      const [a, b, c, d, e, f, g] = arena.subarray(4, 11);
      for (const value of [a!, c!]) assert.ok(Math.abs(value - low) < 1e-37, `${name} far below: ${value}`);
      assert.deepEqual([b, d], [1, 1]);
      assert.ok(e === middle && Math.abs(f!) === middle);
      assert.ok(Number.isNaN(g));
    }
  });
});

/** The kernels that the calls of `cases` use. */
function usedKernels(): Set<string> {
  const used = new Set<string>();
  const arena = new ArrayBuffer(arenaBytes);
  const spied = new Proxy(javascriptKernels(arena), {
    get(kernels, name, receiver) {
      used.add(String(name));
      return Reflect.get(kernels, name, receiver);
    },
  });
  for (const { call } of cases) call(spied);
  return used;
}

describe('The cases of kernels', () => {
  it('use every kernel that has no test of its own', () => {
    const arena = new ArrayBuffer(arenaBytes);
    const convolutions = javascriptConvolutions(new Float32Array(arena), new Int32Array(arena));
    const used = new Set([...usedKernels(), ...Object.keys(convolutions)]);
    assert.deepEqual([...used].sort(), Object.keys(javascriptKernels(arena)).sort());
  });
});

for (const build of ['strict', 'relaxed'] as const) {
  const loaded = loadKernels(build);
  if ('missing' in loaded) {
    describe.skip(`Kernels of the ${build} build (${loaded.missing})`, () => undefined);
    continue;
  }
  const open = () => openWasm(loaded.module, build, arenaBytes);
  describe(`Kernels of the ${build} build`, () => {
    it('are those of the JavaScript engine', () => {
      const own = Object.keys(open().kernels).filter((name) => name !== 'memory');
      assert.deepEqual(own.sort(), Object.keys(javascriptKernels(new ArrayBuffer(arenaBytes))).sort());
    });

    for (const each of cases) {
      it(`agree with JavaScript on ${each.title}`, () => {
        const oracle = new ArrayBuffer(arenaBytes);
        const host = open();
        const wanted = run(javascriptKernels(oracle), oracle, each);
        assertSameArena(run(host.kernels, host.buffer, each), wanted, each);
      });
    }

    it('give the same bits in every arena and on every run', () => {
      const hosts = [open(), open()] as const;
      for (const each of cases) {
        const first = run(hosts[0].kernels, hosts[0].buffer, each);
        for (const host of hosts) assert.deepEqual(run(host.kernels, host.buffer, each), first, each.title);
      }
    });

    it('keep values that do not matter at zero rather than denormal', () => {
      const { kernels, buffer } = open();
      const arena = new Float32Array(buffer);
      arena.fill(1e-38, 4, 4 + 5);
      arena.fill(1e-38, B / 4, B / 4 + 5);
      arena.fill(1e-38, C / 4, C / 4 + 5);
      kernels.sgd(A, B, C, 5, 0.1, 0.9);
      arena.fill(1.05e-30, B / 4, B / 4 + 5);
      kernels.decay(B, 5, 0.9);
      assert.deepEqual([...arena.subarray(B / 4, B / 4 + 5)], Array(5).fill(0));
      assert.deepEqual([...arena.subarray(4, 9), ...arena.subarray(C / 4, C / 4 + 5)], Array(10).fill(0));
    });
  });

  it(`stay small in the ${build} build, for a quick start`, () => {
    // Each thread compiles them: milliseconds on a desktop's core, a few times as long on a small board.
    assert.ok(statSync(join(wasmFolder, `${build}.wasm`)).size < 45_056);
  });
}
