/** Counts of values by size: as many numbers as there are bounds, whatever the number of values. */
export class Histogram {
  /** Values up to each bound that are above the bound before it; the last one counts those above all bounds. */
  readonly counts: number[];
  sum = 0;

  /** @param bounds upper ends, rising */
  constructor(readonly bounds: readonly number[]) {
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  get count(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  add(value: number): void {
    const place = this.bounds.findIndex((bound) => value <= bound);
    const index = place < 0 ? this.bounds.length : place;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
  }

  /** Adds the values of another one with the same bounds. */
  merge({ counts, sum }: Histogram): void {
    for (const [i, count] of counts.entries()) this.counts[i] = (this.counts[i] ?? 0) + count;
    this.sum += sum;
  }
}
