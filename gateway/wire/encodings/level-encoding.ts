import { bytes, defineEncoding, type Encoding } from './encoding';
import {
  countOfLevels,
  decodeLevels,
  encodeLevels,
  faultOfLevels,
  largestInLevels,
  readLevels,
} from './level-bytes';

/** The differences between encodings in levels. */
export interface LevelEncodingOptions {
  readonly dithered: boolean;
  /** The step, in root mean squares of the values, if the sender has no reason for another. */
  readonly relativeStep: number;
  readonly bytesPerValue: number;
  readonly halfLevel: NonNullable<Encoding['halfLevel']>;
}

/** An encoding in levels of one step (docs/protocol.md, Levels). */
export const levelEncoding = ({ dithered, relativeStep, ...sizes }: LevelEncodingOptions) =>
  defineEncoding({
    fields: { values: bytes },
    fault: ({ values }) => faultOfLevels(values, dithered),
    *encode(values, step) {
      return { values: yield* encodeLevels(values, { relative: relativeStep, step, dithered }) };
    },
    count: ({ values }) => countOfLevels(values, dithered),
    read: ({ values }) => readLevels(values, dithered),
    decode: ({ values }, into, from) => decodeLevels(values, dithered, into, from),
    largest: largestInLevels,
    relativeStep,
    ...sizes,
  });
