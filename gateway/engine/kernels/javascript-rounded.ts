import { fromHalf } from '../../platform';
import type { Kernels } from './kernels';

/** Columns of a panel, as in the WebAssembly build. */
const tile = 8;

/** Rounded kernels brought to float32, in plain JavaScript. */
export function javascriptRounded(
  arena: ArrayBuffer,
): Pick<Kernels, 'expand' | 'expandRows' | 'expandTransposed'> {
  const f = new Float32Array(arena, 0, arena.byteLength >> 2);
  const ints = new Int32Array(arena, 0, arena.byteLength >> 2);
  const codes8 = new Int8Array(arena);
  const codes16 = new Uint16Array(arena, 0, arena.byteLength >> 1);

  /** The number at an output of the row at a position and a channel. */
  function reader(
    codes: number,
    bits: number,
    scales: number,
    values: number,
    table: number,
    channels: number,
    outputs: number,
    trained: number,
  ): (position: number, channel: number, output: number) => number {
    const frozen = channels - trained;
    return (position, channel, output) => {
      const place = table ? ints[(table >> 2) + channel]! : -1 - channel;
      if (place >= 0) return f[(values >> 2) + (position * trained + place) * outputs + output]!;
      const at = (position * frozen - 1 - place) * outputs + output;
      return bits === 16
        ? fromHalf(codes16[(codes >> 1) + at]!)
        : codes8[codes + at]! * f[(scales >> 2) + output]!;
    };
  }

  return {
    expand(codes, bits, scales, values, table, panel, channels, outputs, trained, first, from, rows) {
      const read = reader(codes, bits, scales, values, table, channels, outputs, trained);
      let to = panel >> 2;
      for (let row = from; row < from + rows; row++) {
        const p = Math.floor(row / channels);
        const c = row - p * channels;
        for (let n = first; n < first + tile; n++) f[to++] = n < outputs ? read(p, c, n) : 0;
      }
    },

    expandRows(codes, bits, scales, values, table, to, outputs, first, count) {
      const read = reader(codes, bits, scales, values, table, 0, outputs, 0);
      for (let j = 0; j < count; j++)
        for (let n = 0; n < outputs; n++) f[(to >> 2) + j * outputs + n] = read(0, first + j, n);
    },

    expandTransposed(
      codes,
      bits,
      scales,
      values,
      table,
      panel,
      positions,
      channels,
      outputs,
      trained,
      first,
      from,
      rows,
    ) {
      const read = reader(codes, bits, scales, values, table, channels, outputs, trained);
      let to = panel >> 2;
      for (let row = from; row < from + rows; row++) {
        const flipped = Math.floor(row / outputs);
        const [p, n] = [positions - 1 - flipped, row - flipped * outputs];
        for (let c = first; c < first + tile; c++) f[to++] = c < channels ? read(p, c, n) : 0;
      }
    },
  };
}
