import { fromHalf } from '../../platform';
import type { Kernels } from './kernels';

/** Columns of a panel, as in the WebAssembly build. */
const tile = 8;

/** Rounded kernels brought to float32, in plain JavaScript. */
export function javascriptRounded(arena: ArrayBuffer): Pick<Kernels, 'expand' | 'expandTransposed'> {
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
    expand(codes, bits, scales, values, table, panel, positions, channels, outputs, trained, first) {
      const read = reader(codes, bits, scales, values, table, channels, outputs, trained);
      let to = panel >> 2;
      for (let p = 0; p < positions; p++)
        for (let c = 0; c < channels; c++)
          for (let n = first; n < first + tile; n++) f[to++] = n < outputs ? read(p, c, n) : 0;
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
    ) {
      const read = reader(codes, bits, scales, values, table, channels, outputs, trained);
      let to = panel >> 2;
      for (let p = positions - 1; p >= 0; p--)
        for (let n = 0; n < outputs; n++)
          for (let c = first; c < first + tile; c++) f[to++] = c < channels ? read(p, c, n) : 0;
    },
  };
}
