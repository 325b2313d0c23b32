import { bytesOfFloats, crc32 } from '../../platform';

interface Labelled {
  readonly label: number;
  readonly window: Float32Array;
}

/** The labelled windows that a store holds, by a checksum of their values. */
export class DistinctWindows {
  private readonly keys = new Set<number>();

  has(sample: Labelled): boolean {
    return this.keys.has(keyOf(sample));
  }

  add(sample: Labelled): void {
    this.keys.add(keyOf(sample));
  }

  delete(sample: Labelled): void {
    this.keys.delete(keyOf(sample));
  }

  /** Holds these, and no others. */
  replace(samples: readonly Labelled[]): void {
    this.keys.clear();
    for (const sample of samples) this.add(sample);
  }
}

const keyOf = ({ label, window }: Labelled): number => label * 2 ** 32 + crc32(bytesOfFloats(window));
