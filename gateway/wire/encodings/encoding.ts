import { z } from 'zod';
import type { Resumable } from '../../platform';

/**
 * A form in which the values of a tensor travel, in all that is known of it: nothing outside its file knows a number of
 * it. Its name is its key in the table of `index.ts`. docs/protocol.md (Tensors) describes each.
 */
export interface Encoding<Fields extends z.ZodRawShape = z.ZodRawShape> {
  /** Schemas of the fields beside `encoding`, which bound what a receiver makes of them. */
  readonly fields: Fields;
  /** A fault between fields; undefined: there is none. */
  fault?(encoded: FieldsOf<Fields>): { readonly field: string; readonly problem: string } | undefined;
  /**
   * Puts values into this form, with pauses. `values` must stay as they are until it is done.
   * @param step between two levels, of an encoding that has `relativeStep`; others do without
   */
  encode(values: Float32Array, step?: number): Resumable<FieldsOf<Fields>>;
  /** The number of values. */
  count(encoded: FieldsOf<Fields>): number;
  /**
   * Does what takes long of decoding, with pauses: `decode` is fast afterwards. Absent: it is in any case.
   * @throws FtteError `message-invalid` if the values are not those that were sent
   */
  read?(encoded: FieldsOf<Fields>): Resumable<void>;
  /** Writes the values that a receiver works with to `into`, as many as it holds, from the value `from` on. */
  decode(encoded: FieldsOf<Fields>, into: Float32Array, from: number): void;
  /** The values themselves, in a form that holds them as they are. */
  asTheyAre?(encoded: FieldsOf<Fields>): Float32Array;
  /** Bytes on the wire for each further value, on average. */
  readonly bytesPerValue: number;
  /** Values up to this size arrive finite. */
  readonly largest: number;
  /**
   * Size below which a value arrives as zero: half of the smallest level. Absent: values arrive as they are, and rounding
   * leaves nothing over.
   * @param largest size of the largest value of the tensor
   * @param rms root mean square of its values
   */
  halfLevel?(largest: number, rms: number): number;
  /**
   * Distance of two levels in root mean squares of the values, of an encoding whose levels are far apart and whose bytes
   * depend on the values. Absent: values arrive nearly as they are.
   */
  readonly relativeStep?: number;
  /**
   * Name of the encoding that takes its place for a change of the whole model, whose parts differ in size. Absent: itself.
   */
  readonly overModel?: string;
}

/** The fields of an encoded tensor beside `encoding`. */
export type FieldsOf<Fields extends z.ZodRawShape> = z.output<z.ZodObject<Fields>>;

/** An encoding; `fields` comes first, so that the types of the others follow from it. */
export function defineEncoding<Fields extends z.ZodRawShape>(encoding: Encoding<Fields>): Encoding<Fields> {
  return encoding;
}

/** Values of one tensor: as float32 they take as much as the largest message, in whatever form they came. */
export const maxValues = 4 * 1024 * 1024;

/** The check for tensors of too many values. */
export const atMostValues = { error: `expected at most ${maxValues} values`, abort: true };

/** A typed array of float32 (tag 85). */
export const floats: z.ZodType<Float32Array> = z.instanceof(Float32Array, {
  error: 'expected a float32 array (tag 85)',
});

/** Signed bytes (tag 72), one for each value. */
export const levels: z.ZodType<Int8Array> = z
  .instanceof(Int8Array, { error: 'expected an sint8 array (tag 72)' })
  .refine((values) => values.length <= maxValues, atMostValues);

/** A byte string. */
export const bytes: z.ZodType<Uint8Array> = z.instanceof(Uint8Array, { error: 'expected a byte string' });

/** Any number, also NaN and infinity: whether it is finite is for the coordinator to judge, with its reason. */
export const anyNumber = z.custom<number>((value) => typeof value === 'number', 'not a number');
