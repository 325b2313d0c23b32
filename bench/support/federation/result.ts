import type { RunSummary, VersionRecord } from '../../../gateway/simulation';

/** A version that was judged. */
export type Point = Pick<VersionRecord, 'version' | 'timeMs' | 'uploads' | 'bytesUp' | 'bytesDown'> & {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
};

/** What is kept of a cell's run. */
export interface CellResult {
  readonly summary: RunSummary;
  readonly curve: readonly Point[];
  /** Computing time of the simulation, all its threads. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of the process so far, cells before this one included. */
  readonly peakRssMb: number;
}

export function pointOf(record: VersionRecord): Point | undefined {
  const { version, timeMs, uploads, bytesUp, bytesDown, accuracy, balancedAccuracy } = record;
  if (accuracy === undefined || balancedAccuracy === undefined) return undefined;
  return { version, timeMs, uploads, bytesUp, bytesDown, accuracy, balancedAccuracy };
}
