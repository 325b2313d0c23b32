import type { RefusalReason, RestartReason, WindowerCounts } from './windower-types';

/** Counts the outcomes of readings. The streams of one windower share it. */
export class Tally {
  received = 0;
  readings = 0;
  windows = 0;
  filled = 0;
  filledRows = 0;
  held = 0;
  farValues = 0;
  inWindows = 0;
  between = 0;
  lost = 0;
  readonly restarts: Record<RestartReason, number> = {
    gap: 0,
    'out-of-order': 0,
    missing: 0,
    invalid: 0,
    subject: 0,
  };
  readonly refused: Record<RefusalReason, number> = {
    duplicate: 0,
    late: 0,
    missing: 0,
    invalid: 0,
    forgotten: 0,
  };

  /** @param waiting rows that are in no window and may still be used */
  counts(waiting: number): Omit<WindowerCounts, 'unknownCategories'> {
    const { restarts, refused, ...numbers } = this;
    return { ...numbers, waiting, restarts: { ...restarts }, refused: { ...refused } };
  }
}
