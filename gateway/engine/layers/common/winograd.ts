import type { Spare, SpareOption, Step } from '../../arena/schedule';
import { address, type View } from '../../arena/view';

/** A convolution's pass as the Winograd kernels see it: `inner` is what is summed over besides positions. */
export interface WinogradShape {
  /** Output rows of an example. */
  readonly rows: number;
  readonly positions: number;
  readonly channels: number;
  readonly outputs: number;
}

const floatBytes = 4;
const points = 8;
/** Output rows that are made together. */
const rowsTogether = 4;
const [tileRows, tileColumns] = [4, 8];
/** The points of a tile of 4 by 8. */
const tileBytes = points * tileRows * tileColumns * floatBytes;
/** Examples at a time, best first: the more, the less often are weights brought to points. */
const groups = [8, 7, 6, 5, 4, 3, 2, 1];

/**
 * Scratch that a pass could use to need 8 multiplications for every 20, best first; nothing if it does not apply.
 * It works on all shapes with a kernel of five whose sizes divide by 8, and pays from 16 channels on and where a tile
 * has its four rows of points.
 */
export function winogradOptions(
  pass: 'forward' | 'input' | 'weights',
  { rows, positions, channels, outputs }: WinogradShape,
  batch: number,
): SpareOption[] {
  const inner = pass === 'input' ? outputs : channels;
  const fits = positions === 5 && inner >= 16 && [rows, channels, outputs].every((size) => size % 8 === 0);
  if (!fits) return [];
  const width = pass === 'weights' ? channels + outputs : inner;
  // Backward, the flipped weights of eight columns are laid out before they are brought to points.
  const panelRows = { forward: points, input: points + positions, weights: 0 }[pass];
  const panel = tileBytes + panelRows * inner * tileColumns * floatBytes;
  return groups
    .map((group) => ({ group, rowsOfPoints: (group * rows) / rowsTogether }))
    .filter(({ group, rowsOfPoints }) => group <= batch && rowsOfPoints >= tileRows)
    .map(({ group, rowsOfPoints }) => {
      const padded = Math.ceil(rowsOfPoints / tileRows) * tileRows;
      return { group, bytes: points * padded * width * floatBytes + panel };
    });
}

/** A pass in Winograd's form over `count` examples from `first` on, `group` at a time with scratch at a byte offset. */
type QuickPass = (first: number, count: number, scratch: number, group: number) => void;
type PlainPass = (first: number, count: number) => void;

/**
 * A pass in its quickest form. If the arena has no room to spare, the places of examples whose output is not there
 * yet are the scratch of those before them; then, if nobody reads the input after this pass, so are those of inputs that
 * are done with. If that leaves too little for the last few, they are done plainly.
 */
export function bindQuickest(
  { group, offset, options, time }: Spare,
  input: View,
  output: View,
  quick: QuickPass,
  plain: PlainPass,
): Step {
  if (group > 0) return ({ count }) => quick(0, count, offset, group);
  // A halo around the output is zero already and has to stay so.
  const usable = output.example === output.size ? options : [];
  const outputBytes = output.example * floatBytes;
  const inputBytes = input.buffer.last === time ? input.example * floatBytes : 0;
  const [to, from] = [address(output), input.buffer.offset];
  return ({ count }) => {
    let first = 0;
    for (let i = 0; i < usable.length && first < count; i++) {
      const { bytes, group } = usable[i]!;
      if (bytes <= first * inputBytes) {
        quick(first, count - first, from, group);
        return;
      }
      const most = count - first - Math.ceil(bytes / outputBytes);
      const taken = most - (most % group);
      if (taken <= 0) continue;
      quick(first, taken, to + (first + taken) * outputBytes, group);
      first += taken;
    }
    if (first < count) plain(first, count - first);
  };
}
