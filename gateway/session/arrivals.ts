interface Arrival {
  readonly bytes: number;
  readonly ms: number;
}

/** Sizes of one type that are remembered. */
const mostSizes = 16;

/** When messages of each type and size arrived last, whole or in part. */
export class Arrivals {
  /** By type: each arrival after which no larger one came, the oldest and largest first. */
  private readonly latest = new Map<string, Arrival[]>();

  add(type: string, bytes: number, ms: number): void {
    const larger = (this.latest.get(type) ?? []).filter((arrival) => arrival.bytes > bytes);
    this.latest.set(type, [...larger.slice(1 - mostSizes), { bytes, ms }]);
  }

  /** The time of the last arrival of at least so many bytes, in ms; undefined if there was none. */
  lastMs(type: string, leastBytes: number): number | undefined {
    return this.latest.get(type)?.findLast(({ bytes }) => bytes >= leastBytes)?.ms;
  }
}
