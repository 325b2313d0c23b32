/** Reports each distinct reason once, until the next success: a broker that is away is one line, not one per retry. */
export class LogOnce {
  private readonly reported = new Set<string>();

  constructor(private readonly report: (reason: string) => void) {}

  failed(reason: string): void {
    if (this.reported.has(reason)) return;
    this.reported.add(reason);
    this.report(reason);
  }

  succeeded(): void {
    this.reported.clear();
  }
}
