import { z } from 'zod';
import {
  type Clock,
  type FtteError,
  LatestFile,
  type Random,
  readIfThere,
  type Timer,
} from '../../../gateway/platform';
import type { Value } from './columns';
import type { CurveHistory } from './curve-history';
import { pointKeys, type VersionPoint } from './version-point';

/** Pause between two writes: a crash loses the curve of this time, and an SD card is written to seldom. */
const saveMs = 600_000;

const value = z.number().nullable();
const schema = z.object({
  format: z.literal(1),
  lineage: z.string(),
  /** One row per point: the values in the order of the keys, then the recalls. A file may know fewer or more values. */
  keys: z.array(z.string()).refine((keys) => keys.includes('version') && new Set(keys).size === keys.length),
  points: z.array(z.array(value)),
});

/** The curve of a coordinator. */
interface CurveRecord {
  lineage: string;
  readonly history: CurveHistory<VersionPoint>;
}

/** Options of a history file. */
export interface HistoryFileOptions {
  readonly path: string;
  readonly record: CurveRecord;
  readonly clock: Clock;
  readonly random: Random;
  /** The disk fails, or works again (undefined). */
  readonly onStorage: (problem: FtteError | undefined) => void;
}

/** Keeps the curve of a coordinator over restarts. It is a convenience: a file that cannot be read is replaced. */
export class HistoryFile {
  private readonly latest: LatestFile;
  private saved = 0;
  private timer: Timer | undefined;

  constructor(private readonly options: HistoryFileOptions) {
    this.latest = new LatestFile(options);
  }

  /** Puts the points of the file before those that have come since; then writes at intervals. */
  async start(): Promise<void> {
    const { record, path } = this.options;
    const { history } = record;
    if (history.added === 0 || history.points[0]?.version !== 1) {
      const kept = pointsOf(await readIfThere(path).catch(() => undefined));
      if (kept && (record.lineage === '' || record.lineage === kept.lineage)) {
        const first = history.points[0]?.version ?? Number.POSITIVE_INFINITY;
        const earlier = kept.points.filter(({ version }) => version !== null && version < first);
        record.lineage = kept.lineage;
        history.restore([...earlier, ...history.points]);
        this.saved = history.added;
      }
    }
    this.wait();
  }

  /** Writes the last points. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.save();
    await this.latest.stop();
  }

  private wait(): void {
    this.timer = this.options.clock.after(saveMs, () => {
      void this.save();
      this.wait();
    });
  }

  private async save(): Promise<void> {
    const { lineage, history } = this.options.record;
    if (history.added === this.saved) return;
    this.saved = history.added;
    await this.latest.save(() => {
      const points = history.points.map((point) => [...pointKeys.map((key) => point[key]), ...point.recalls]);
      return JSON.stringify({ format: 1, lineage, keys: pointKeys, points });
    });
  }
}

function pointsOf(bytes: Buffer | undefined): { lineage: string; points: VersionPoint[] } | undefined {
  if (!bytes) return undefined;
  try {
    const { lineage, keys, points } = schema.parse(JSON.parse(bytes.toString()));
    const places = pointKeys.map((key) => keys.indexOf(key));
    return { lineage, points: points.map((row) => pointOf(row, places, keys.length)) };
  } catch {
    // Another format, or damaged: the curve begins again, and the sidebar says with which version.
    return undefined;
  }
}

/** @param places of the values in the row; -1: it was written before this value existed, so it is unknown */
function pointOf(row: readonly Value[], places: readonly number[], width: number): VersionPoint {
  const values = Object.fromEntries(pointKeys.map((key, i) => [key, row[places[i]!] ?? null]));
  return { ...(values as Omit<VersionPoint, 'recalls'>), recalls: row.slice(width) };
}
