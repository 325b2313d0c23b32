/** Most points of each half. */
export interface HistoryLimits {
  /** Newest points, all of which are kept. */
  readonly fine: number;
  /** Earlier points; when there are more, every second one is dropped. */
  readonly coarse: number;
}

/** Points of a curve in bounded memory: the newest are all there, earlier ones at equal distances. */
export class CurveHistory<Point> {
  private fine: Point[] = [];
  private coarse: Point[] = [];
  /** One of this many earlier points is kept. */
  private stride = 1;
  /** Points that have left the newest ones. */
  private aged = 0;
  private count = 0;

  constructor(private readonly limits: HistoryLimits = { fine: 512, coarse: 2048 }) {}

  /** Points that were added, those included that are not kept. */
  get added(): number {
    return this.count;
  }

  /** Points in the order of their addition. */
  get points(): readonly Point[] {
    return [...this.coarse, ...this.fine];
  }

  add(point: Point): void {
    this.count++;
    this.fine.push(point);
    if (this.fine.length > this.limits.fine) this.age(this.fine.shift()!);
  }

  /** Points that were added after the first `added` ones, as far as they are among the newest. */
  after(added: number): readonly Point[] {
    const fresh = Math.min(this.count - added, this.fine.length);
    return fresh > 0 ? this.fine.slice(-fresh) : [];
  }

  /** Replaces everything by points that were kept earlier. */
  restore(points: readonly Point[]): void {
    this.clear();
    for (const point of points) this.add(point);
  }

  clear(): void {
    Object.assign(this, { fine: [], coarse: [], stride: 1, aged: 0, count: 0 });
  }

  private age(point: Point): void {
    if (this.aged++ % this.stride === 0) this.coarse.push(point);
    if (this.coarse.length <= this.limits.coarse) return;
    this.stride *= 2;
    this.coarse = this.coarse.filter((_, i) => i % 2 === 0);
  }
}
