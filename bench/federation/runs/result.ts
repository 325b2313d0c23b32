import type { RunSummary, VersionRecord } from '../../../gateway/simulation';

/** A judged version. */
export type Point = Pick<VersionRecord, 'version' | 'timeMs' | 'uploads' | 'bytesUp' | 'bytesDown'> & {
  readonly accuracy: number;
  readonly balancedAccuracy: number;
};

/** Result of a cell. */
export interface CellResult {
  readonly summary: RunSummary;
  readonly curve: readonly Point[];
  /** Processor time of the simulation, all threads together. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Peak memory of the process, earlier cells included. */
  readonly peakRssMb: number;
}

/** The point of a version; undefined if it was not judged. */
export function pointOf(record: VersionRecord): Point | undefined {
  const { version, timeMs, uploads, bytesUp, bytesDown, accuracy, balancedAccuracy } = record;
  if (accuracy === undefined || balancedAccuracy === undefined) return undefined;
  return { version, timeMs, uploads, bytesUp, bytesDown, accuracy, balancedAccuracy };
}
