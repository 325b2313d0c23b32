import type { Shape } from '../../model';
import type { ArenaBuffer, Schedule } from './schedule';

/** Zero values around those of an example: the rows that a convolution reads beyond the ends. */
export interface Halo {
  readonly before: number;
  readonly after: number;
}

export const noHalo: Halo = { before: 0, after: 0 };

/**
 * The examples of a micro-batch in a buffer: each takes `example` values, of which `size`, from `lead` on, are its
 * own and the rest are halo. Rows are `width` values.
 */
export interface View {
  readonly buffer: ArenaBuffer;
  readonly example: number;
  readonly lead: number;
  readonly size: number;
  readonly width: number;
}

/** Allocates room for `batch` examples of a shape (`[length, channels]` or `[features]`) with a halo. */
export function allocateView(
  schedule: Schedule,
  kind: 'activations' | 'input',
  shape: Shape,
  halo: Halo,
  batch: number,
): View {
  const width = shape[shape.length - 1]!;
  const size = shape.reduce((product, length) => product * length, 1);
  const lead = halo.before;
  const example = lead + size + halo.after;
  return { buffer: schedule.buffer(kind, batch * example * 4), example, lead, size, width };
}

/** Byte offset of the first value of the first example's own rows, moved by `rows`. */
export function address(view: View, rows = 0): number {
  return view.buffer.offset + (view.lead + rows * view.width) * 4;
}

/** Emits the zeroing of a view's halo, if it has one. */
export function clearHalo(schedule: Schedule, phase: 'forward' | 'backward', view: View): void {
  if (view.example === view.size) return;
  schedule.emit(phase, [view.buffer], (kernels) => {
    const { buffer, example, lead, size } = view;
    const { offset } = buffer;
    return (run) => kernels.zeroHalo(offset, example, lead, size, run.count);
  });
}

/** Emits `to = from`, value for value, whatever their halos. */
export const copyView = (schedule: Schedule, phase: 'forward' | 'backward', from: View, to: View) =>
  emitRows(schedule, phase, 'copyRows', from, to);

/** Emits `to += from`. */
export const addView = (schedule: Schedule, phase: 'forward' | 'backward', from: View, to: View) =>
  emitRows(schedule, phase, 'addRows', from, to);

function emitRows(
  schedule: Schedule,
  phase: 'forward' | 'backward',
  kernel: 'copyRows' | 'addRows',
  from: View,
  to: View,
): void {
  schedule.emit(phase, [from.buffer, to.buffer], (kernels) => {
    const [x, y] = [address(from), address(to)];
    return ({ count }) => kernels[kernel](x, from.example, y, to.example, to.size, count);
  });
}
