import { describeMeasured, FtteError } from '../../platform';
import { fieldHint } from './field-hint';
import { fieldsOf } from './fields-of';
import type { CategoryReader } from './read-category';
import { type MissingValues, readValue } from './read-value';

/**
 * Converts one reading at a time into `values`; NaN is a missing value. `absent` marks the channels that an object does
 * not have at all, because another message may bring them.
 */
export class RowReader {
  readonly values: Float64Array;
  readonly absent: Uint8Array;
  /** Number of channels that are marked in `absent`. */
  absentCount = 0;

  constructor(
    private readonly channels: readonly string[],
    private readonly missing?: MissingValues,
    /** For each channel how its categories are read; undefined for a channel of numbers. */
    private readonly categories: readonly (CategoryReader | undefined)[] = [],
  ) {
    this.values = new Float64Array(channels.length);
    this.absent = new Uint8Array(channels.length);
  }

  /**
   * Converts one reading.
   * @param reading an object by channel name, an array in channel order, or null for a missing reading
   * @throws FtteError `reading-invalid` naming the channel, what came and what was expected
   */
  read(reading: object | null): void {
    this.absent.fill(0);
    this.absentCount = 0;
    if (reading === null) this.values.fill(Number.NaN);
    else if (Array.isArray(reading) || ArrayBuffer.isView(reading))
      this.readArray(reading as ArrayLike<unknown>);
    else this.readObject(reading as Record<string, unknown>);
  }

  private readArray(values: ArrayLike<unknown>): void {
    const { channels } = this;
    if (values.length !== channels.length) {
      throw new FtteError(
        'reading-invalid',
        `reading has ${values.length} values, expected ${channels.length}: ${channels.join(', ')}` +
          '; several readings at once are an array of arrays, or an object with an array for each channel',
        { got: values.length, expected: channels.length },
      );
    }
    for (let c = 0; c < channels.length; c++) this.values[c] = this.valueOf(values[c], c);
  }

  private valueOf(value: unknown, channel: number): number {
    const categories = this.categories[channel];
    return categories ? categories.read(value) : readValue(value, this.channels[channel]!, this.missing);
  }

  private readObject(values: Record<string, unknown>): void {
    const { channels } = this;
    for (let c = 0; c < channels.length; c++) {
      const name = channels[c]!;
      if (Object.hasOwn(values, name)) this.values[c] = this.valueOf(values[name], c);
      else {
        this.values[c] = Number.NaN;
        this.absent[c] = 1;
        this.absentCount++;
      }
    }
    if (this.absentCount === channels.length) {
      throw new FtteError(
        'reading-invalid',
        `reading has ${fieldsOf(values)}; expected ${channels.join(', ')}${fieldHint(values, channels)}`,
      );
    }
  }
}

/** A reading of an array: an object, an array, or null for a missing one. @throws FtteError `reading-invalid` */
export function asReading(reading: unknown): object | null {
  if (reading === null || reading === undefined) return null;
  if (typeof reading === 'object') return reading;
  throw new FtteError(
    'reading-invalid',
    `it is ${describeMeasured(reading)}, expected an object or an array`,
  );
}

/** Adds to an error the index of the reading in its array. */
export function inArray(index: number, error: unknown): unknown {
  if (!(error instanceof FtteError)) return error;
  return new FtteError(error.code, `reading ${index} of the array: ${error.message}`, error.details);
}
