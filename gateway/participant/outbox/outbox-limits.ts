import type { OutboxEntry, OutboxOptions } from './outbox-types';

/**
 * The entries that are to be dropped so that the others are within the limits: those of other lineages first, then the
 * oldest. The newest stays even if it is over the limit alone.
 * @param entries oldest first
 * @param lineage of the model; undefined: not known yet
 */
export function beyondLimits<T extends OutboxEntry>(
  entries: readonly T[],
  lineage: string | undefined,
  { maxCount = 256, maxBytes = 16 * 1024 * 1024 }: Pick<OutboxOptions, 'maxCount' | 'maxBytes'>,
): T[] {
  let count = entries.length;
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  // Before the task names the lineage, that of the newest is the best guess.
  const present = lineage ?? entries.at(-1)?.lineage;
  const older = entries.slice(0, -1);
  const isPresent = (entry: T) => entry.lineage === present;
  return [...older.filter((entry) => !isPresent(entry)), ...older.filter(isPresent)].filter((entry) => {
    const isOver = count > maxCount || bytes > maxBytes;
    if (isOver) {
      count--;
      bytes -= entry.bytes;
    }
    return isOver;
  });
}
