import { basename, extname } from 'node:path';
import type { TimeUnitName } from '../../time';
import { cellText } from '../cells/number-cell';
import type { Dialect } from './dialect';

/** A file of a known kind, whose columns have no names of their own. */
export interface KnownForm {
  /** Name of the kind, for people. */
  readonly name: string;
  /** The dialect with the names of the columns, for the rows alone. */
  readonly dialect: Dialect;
  /** Time of the first row, and rows per second. */
  readonly clock?: { readonly startMs: number; readonly rateHz: number };
  /** Milliseconds that are added to the times of rows. */
  readonly originMs?: number;
  readonly timeUnit?: TimeUnitName;
}

/** Files of an Empatica wristband by name. */
const empaticaFiles: Readonly<Record<string, { readonly header: readonly string[]; readonly unit: string }>> =
  {
    ACC: { header: ['acc_x', 'acc_y', 'acc_z'], unit: '1/64 g' },
    BVP: { header: ['bvp'], unit: '' },
    EDA: { header: ['eda'], unit: 'µS' },
    HR: { header: ['hr'], unit: 'bpm' },
    TEMP: { header: ['temp'], unit: '°C' },
  };
/** Names of its files that have one row per reading. */
export const empaticaNames = Object.keys(empaticaFiles);

/** Seconds since 1970 from 2000 to 2100. */
const isEpoch = (seconds: number) => seconds >= 946_684_800 && seconds < 4_102_444_800;

/**
 * Recognises recordings of Empatica E4 (start, rate, then values), its intervals between beats, and the raw form of WISDM
 * (user, activity, time, x, y, z, and a semicolon at the end of each row).
 */
export function knownForm(path: string, dialect: Dialect): KnownForm | undefined {
  return empatica(path, dialect) ?? empaticaIntervals(dialect) ?? wisdm(dialect);
}

function empatica(path: string, dialect: Dialect): KnownForm | undefined {
  const { table, rows } = dialect;
  const [start, rate] = [sameNumber(rows[0]?.cells), sameNumber(rows[1]?.cells)];
  if (table.header || start === undefined || rate === undefined || dialect.linesBefore > 0) return undefined;
  const isStart =
    isEpoch(start) &&
    rate > 0 &&
    rate <= 1024 &&
    rows.slice(2).every(({ cells }) => Number(cells[0]) < start / 2);
  if (!isStart) return undefined;
  const known = empaticaFiles[basename(path, extname(path)).toUpperCase()];
  const header = known?.header.length === table.width ? known.header : undefined;
  const units = header ? header.map(() => known!.unit) : [];
  return {
    name: 'a recording of Empatica E4',
    dialect: {
      ...dialect,
      recordsBefore: 2,
      rows: rows.slice(2),
      table: { ...table, header, units, kinds: table.kinds.map(() => 'number') },
    },
    clock: { startMs: start * 1000, rateHz: rate },
  };
}

/** The number that all cells of a row have. */
function sameNumber(cells: readonly string[] | undefined): number | undefined {
  const numbers = (cells ?? []).map((cell) => (cell.trim() === '' ? Number.NaN : Number(cellText(cell))));
  return numbers.length > 0 && numbers.every((number) => number === numbers[0]) ? numbers[0] : undefined;
}

/** `1700000000.0, IBI`, then seconds since that start and the interval that ended there. */
function empaticaIntervals(dialect: Dialect): KnownForm | undefined {
  const { table } = dialect;
  const [start = '', name] = table.header ?? [];
  if (table.width !== 2 || name?.trim().toUpperCase() !== 'IBI' || !isEpoch(Number(start))) return undefined;
  return {
    name: 'intervals between beats of Empatica E4',
    dialect: {
      ...dialect,
      table: { ...table, header: ['time', 'ibi'], units: ['s', 's'], kinds: ['number', 'number'] },
    },
    originMs: Number(start) * 1000,
    timeUnit: 's',
  };
}

function wisdm(dialect: Dialect): KnownForm | undefined {
  const { table, semicolonEnds } = dialect;
  const kinds = table.kinds.join(' ').replace(/^(?:number|text)/, 'user');
  if (table.header || !semicolonEnds || kinds !== 'user text number number number number') return undefined;
  const header = ['user', 'activity', 'timestamp', 'x', 'y', 'z'];
  return { name: 'the raw form of WISDM', dialect: { ...dialect, table: { ...table, header } } };
}
