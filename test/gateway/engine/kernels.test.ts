import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { javascriptKernels } from '../../../gateway/engine/kernels/javascript';
import type { Kernels } from '../../../gateway/engine/kernels/kernels';
import { loadKernels, openWasm } from '../../../gateway/engine/kernels/wasm';
import { SeededRandom } from '../../../gateway/platform';
import { layerKernelCases } from '../../support/layer-kernel-cases';

const wasmFolder = join(__dirname, '..', '..', '..', 'gateway', 'engine', 'wasm');
const arenaBytes = 65_536;
const floats = arenaBytes / 4;

/** One call on an arena of random values: where it reads and writes, in values from the arena's start. */
interface Case {
  readonly title: string;
  readonly call: (kernels: Kernels) => number | undefined;
  /** Where int32 values must lie before the call. */
  readonly ints?: readonly { readonly at: number; readonly values: readonly number[] }[];
  /** Bytes compared exactly instead of as floats: masks. */
  readonly bits?: { readonly at: number; readonly bytes: number };
  /** Bytes that each build uses in its own way. */
  readonly scratch?: { readonly at: number; readonly bytes: number };
}

/** Byte offsets of four regions of 4096 values each. */
const [A, B, C, D] = [16, 16_384, 32_768, 49_152] as const;

/** Matrix sizes that fill tiles, that do not, and that have fewer rows or columns than one. */
const shapes = [
  { batch: 3, length: 8, positions: 5, inputs: 9, outputs: 16 },
  { batch: 2, length: 7, positions: 3, inputs: 5, outputs: 6 },
  { batch: 1, length: 1, positions: 1, inputs: 3, outputs: 2 },
  { batch: 4, length: 5, positions: 2, inputs: 8, outputs: 13 },
  { batch: 1, length: 1, positions: 1, inputs: 33, outputs: 11 },
  { batch: 2, length: 30, positions: 4, inputs: 3, outputs: 9 },
  // Sums longer than a panel, whose parts begin and end within a position.
  { batch: 2, length: 6, positions: 5, inputs: 30, outputs: 21 },
];

const affineCases = shapes.flatMap(({ batch, length, positions, inputs, outputs }): Case[] => {
  const size = `${batch} x ${length} rows, ${positions} x ${inputs} -> ${outputs}`;
  const inner = positions * inputs;
  const example = (length + positions - 1) * inputs;
  const dyExample = (length + positions - 1) * outputs;
  return [
    {
      title: `affine, ${size}`,
      call: (k) =>
        void k.affine(
          A,
          example,
          inputs,
          B,
          B + inner * outputs * 4,
          C,
          length * outputs + 1,
          outputs,
          D,
          batch,
          length,
          inner,
          outputs,
        ),
      scratch: { at: D, bytes: arenaBytes - D },
    },
    {
      title: `affineInput, ${size}`,
      call: (k) =>
        void k.affineInput(
          A,
          dyExample,
          outputs,
          B,
          C,
          length * inputs + 3,
          inputs,
          D,
          batch,
          length,
          positions,
          inputs,
          outputs,
        ),
    },
    {
      title: `affineWeights, ${size}`,
      call: (k) =>
        void k.affineWeights(
          A,
          example,
          inputs,
          B,
          length * outputs,
          outputs,
          C,
          batch,
          length,
          inner,
          outputs,
        ),
    },
    {
      title: `affineBias, ${size}`,
      call: (k) => void k.affineBias(A, length * outputs, outputs, C, batch, length, outputs),
    },
  ];
});

/** Some channels trained, some rounded, or all rounded: positions, channels, outputs, trained ones and first column. */
const roundedCases = [
  { positions: 3, channels: 9, outputs: 16, trained: [1, 4, 8], first: 8 },
  { positions: 2, channels: 5, outputs: 13, trained: [0], first: 8 },
  { positions: 1, channels: 11, outputs: 7, trained: [], first: 0 },
  { positions: 1, channels: 6, outputs: 12, trained: [1, 3], first: 0 },
].flatMap(({ positions, channels, outputs, trained, first }): Case[] => {
  const table = Array.from({ length: channels }, (_, c) => {
    const before = trained.filter((channel) => channel < c).length;
    return trained.includes(c) ? before : before - c - 1;
  });
  const scales = A + 8192;
  const at = trained.length > 0 ? D : 0;
  const sizes = [channels, outputs, trained.length] as const;
  /** All rows, and some that begin and end within a position. */
  const rowsOf = (row: number) => [
    [0, positions * row],
    [Math.floor(row / 2), (positions - 1) * row + 1],
  ];
  return [16, 8].flatMap((bits): Case[] => {
    const title = `${positions} x ${channels} -> ${outputs}, ${trained.length} trained, ${bits} bits`;
    const scale = bits === 8 ? scales : 0;
    const ints = [
      { at: D, values: table },
      // Any codes, but halves without the top bit of the exponent: frozen weights are never infinite.
      { at: A, values: Array.from({ length: 512 }, (_, i) => (0x3a01_b907 + i * 0x0003_0101) & 0xbfff_bfff) },
    ];
    return [
      ...rowsOf(channels).map(([from, rows]) => ({
        title: `expand, ${title}, ${rows} rows from ${from}`,
        call: (k: Kernels) => {
          k.expand(A, bits, scale, B, at, C, ...sizes, first, from!, rows!);
          return undefined;
        },
        ints,
      })),
      ...(positions === 1 ? [[0, channels] as const, [3, 2] as const] : []).map(([from, count]) => ({
        title: `expandRows, ${title}, ${count} from ${from}`,
        call: (k: Kernels) => {
          k.expandRows(A, bits, scale, B, at, C, outputs, from, count);
          return undefined;
        },
        ints,
      })),
      ...rowsOf(outputs).map(([from, rows]) => ({
        title: `expandTransposed, ${title}, ${rows} rows from ${from}`,
        call: (k: Kernels) => {
          const column = channels > 8 ? 8 : 0;
          k.expandTransposed(A, bits, scale, B, at, C, positions, ...sizes, column, from!, rows!);
          return undefined;
        },
        ints,
      })),
    ];
  });
});

const panelCases = [8, 5, 3].flatMap((columns) =>
  ([0, 1] as const).map(
    (add): Case => ({
      title: `affinePanel, ${columns} columns${add ? ', added' : ''}`,
      call: (k) => void k.affinePanel(A, 40, 8, B, columns === 5 ? 0 : D, C, 70, 9, 2, 7, 16, columns, add),
    }),
  ),
);

const winogradCases = [
  { batch: 3, rows: 8, channels: 16, columns: 8, group: 2 },
  { batch: 2, rows: 16, channels: 8, columns: 16, group: 1 },
  { batch: 1, rows: 8, channels: 24, columns: 8, group: 4 },
].flatMap(({ batch, rows, channels, columns, group }): Case[] => {
  const size = `${batch} x ${rows} rows, 5 x ${channels} -> ${columns}`;
  const [x, dy] = [(rows + 4) * channels, (rows + 4) * columns];
  const scratch = { at: D, bytes: arenaBytes - D };
  return [
    {
      title: `winograd, ${size}`,
      call: (k) => void k.winograd(A, x, B, B, C, rows * columns, D, batch, rows, channels, columns, group),
      scratch,
    },
    {
      title: `winogradInput, ${size}`,
      call: (k) =>
        void k.winogradInput(A, dy, B, C, rows * channels, D, batch, rows, channels, columns, group),
      scratch,
    },
    {
      title: `winogradWeights, ${size}`,
      call: (k) =>
        void k.winogradWeights(A, x, B, rows * columns, C, D, batch, rows, channels, columns, group),
      scratch,
    },
  ];
});

const poolCases = [
  { channels: 8, window: 2, inLength: 9 },
  { channels: 16, window: 3, inLength: 12 },
  { channels: 5, window: 2, inLength: 11 },
  { channels: 1, window: 4, inLength: 7 },
].flatMap(({ channels, window, inLength }): Case[] => {
  const length = Math.floor(inLength / window);
  const size = `[${inLength}, ${channels}] by ${window}`;
  const mask = { at: D, bytes: 3 * Math.ceil((inLength * channels) / 8) };
  const example = inLength * channels + 4;
  const yExample = length * channels + 4;
  return [
    ...[0, 1].map(
      (relu): Case => ({
        title: `maxPool${relu ? ' after ReLU' : ''}, ${size}`,
        call: (k) => void k.maxPool(A, example, B, yExample, D, 3, inLength, length, channels, window, relu),
        bits: mask,
      }),
    ),
    {
      title: `maxPool without a mask, ${size}`,
      call: (k) => void k.maxPool(A, example, B, yExample, 0, 3, inLength, length, channels, window, 1),
    },
    {
      title: `maxPoolBack, ${size}`,
      call: (k) => void k.maxPoolBack(A, yExample, B, example, D, 3, inLength, length, channels, window),
    },
    {
      title: `averagePool, [${inLength}, ${channels}]`,
      call: (k) => void k.averagePool(A, example, B, channels, 3, inLength, channels),
    },
    {
      title: `averagePoolBack, [${inLength}, ${channels}]`,
      call: (k) => void k.averagePoolBack(A, channels, B, example, 3, inLength, channels),
    },
  ];
});

const cases: Case[] = [
  ...layerKernelCases,
  ...affineCases,
  ...roundedCases,
  ...panelCases,
  ...winogradCases,
  ...poolCases,
  ...[5, 8, 37].flatMap((size): Case[] => [
    {
      title: `relu of ${size} values`,
      call: (k) => void k.relu(A, size + 3, size, 3, D),
      bits: { at: D, bytes: 3 * Math.ceil(size / 8) },
    },
    { title: `relu of ${size} values without a mask`, call: (k) => void k.relu(A, size + 3, size, 3, 0) },
    { title: `reluBack of ${size} values`, call: (k) => void k.reluBack(A, size + 3, size, 3, D) },
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
  ...[0.25, 0].map(
    (scale): Case => ({
      title: scale ? 'softmaxLoss with its gradient' : 'softmaxLoss with probabilities',
      call: (k) => k.softmaxLoss(A, 7, D, B, 9, 6, 4, scale),
      ints: [{ at: D, values: [5, 0, 2, 2] }],
    }),
  ),
  { title: 'softmaxLoss without labels', call: (k) => k.softmaxLoss(A, 7, 0, A, 7, 6, 4, 0) },
];

/** What a call leaves in an arena that started with the same random values for everyone. */
function run(kernels: Kernels, buffer: ArrayBuffer, { call, ints = [] }: Case) {
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
  { bits, scratch }: Case,
): void {
  assert.ok(Math.abs((got.result ?? 0) - (wanted.result ?? 0)) <= 1e-5 * Math.abs(wanted.result ?? 0));
  for (let i = 0; i < floats; i++) {
    if (scratch && i * 4 >= scratch.at) break; // it reaches to the arena's end
    if (bits && i * 4 + 3 >= bits.at && i * 4 < bits.at + bits.bytes) continue;
    const [a, b] = [got.arena[i]!, wanted.arena[i]!];
    assert.ok(Object.is(a, b) || Math.abs(a - b) <= 2e-5 * (1 + Math.abs(b)), `[${i}] is ${a}, wanted ${b}`);
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
          `${name}(${x}) is ${arena[4 + i]}, wanted ${value}`,
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

for (const build of ['strict', 'relaxed'] as const) {
  const loaded = loadKernels(build);
  if ('missing' in loaded) {
    describe.skip(`Kernels of the ${build} build (${loaded.missing})`, () => undefined);
    continue;
  }
  const open = () => openWasm(loaded.module, build, arenaBytes);
  describe(`Kernels of the ${build} build`, () => {
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
    // 34 KB compile in 4 ms on a desktop's core; a small board takes a few times as long.
    assert.ok(statSync(join(wasmFolder, `${build}.wasm`)).size < 40_960);
  });
}
