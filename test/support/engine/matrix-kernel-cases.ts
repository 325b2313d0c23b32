import type { Kernels } from '../../../gateway/engine/kernels/kernels';
import { A, arenaBytes, B, C, D, type KernelCase } from './layers/kernel-case';

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

const affineCases = shapes.flatMap(({ batch, length, positions, inputs, outputs }): KernelCase[] => {
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
].flatMap(({ positions, channels, outputs, trained, first }): KernelCase[] => {
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
  return [16, 8].flatMap((bits): KernelCase[] => {
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
    (add): KernelCase => ({
      title: `affinePanel, ${columns} columns${add ? ', added' : ''}`,
      call: (k) => void k.affinePanel(A, 40, 8, B, columns === 5 ? 0 : D, C, 70, 9, 2, 7, 16, columns, add),
    }),
  ),
);

const winogradCases = [
  { batch: 3, rows: 8, channels: 16, columns: 8, group: 2 },
  { batch: 2, rows: 16, channels: 8, columns: 16, group: 1 },
  { batch: 1, rows: 8, channels: 24, columns: 8, group: 4 },
  { batch: 2, rows: 24, channels: 16, columns: 8, group: 1 },
].flatMap(({ batch, rows, channels, columns, group }): KernelCase[] => {
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

/** Matrix products in every form: of rows that overlap, with rounded weights, over panels, and Winograd's. */
export const matrixKernelCases: readonly KernelCase[] = [
  ...affineCases,
  ...roundedCases,
  ...panelCases,
  ...winogradCases,
];
