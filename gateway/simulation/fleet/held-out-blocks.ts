import { HeldOut } from '../../participant';
import type { Random } from '../../platform';
import type { Task } from '../../task';
import type { DataSet } from '../data/data-set';

/** Divides the samples of a client as the train node does: blocks of time of each person are held out. */
export function holdBlocksOut(
  dealt: readonly number[],
  data: DataSet,
  task: Task,
  random: Random,
): { readonly samples: number[]; readonly heldOut: number[] } {
  const windows = new HeldOut(random);
  windows.fit(task);
  const samples: number[] = [];
  const heldOut: number[] = [];
  // Indices of one person ascend with time.
  for (const i of [...dealt].sort((a, b) => a - b)) {
    const sample = { window: data.windows[i]!, label: data.y[i]! };
    const side = windows.take(sample, String(data.person?.[i] ?? ''));
    if (side === 'train') samples.push(i);
    if (side === 'held-out') heldOut.push(i);
  }
  return { samples, heldOut };
}
