/** Numbers of updates by gateway; memory for those only that have one. */
export class GatewayCounts {
  private readonly counts = new Map<string, number>();

  of(gateway: string): number {
    return this.counts.get(gateway) ?? 0;
  }

  /** Counts an update that was put in (1) or taken out (-1). */
  add(gateway: string, change: 1 | -1): void {
    const count = this.of(gateway) + change;
    if (count > 0) this.counts.set(gateway, count);
    else this.counts.delete(gateway);
  }
}
