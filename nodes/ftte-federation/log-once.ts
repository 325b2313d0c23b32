/** Says each distinct reason once, until things went well again: a broker that is away is one line, not one a retry. */
export class LogOnce {
  private readonly told = new Set<string>();

  constructor(private readonly say: (reason: string) => void) {}

  failed(reason: string): void {
    if (this.told.has(reason)) return;
    this.told.add(reason);
    this.say(reason);
  }

  succeeded(): void {
    this.told.clear();
  }
}
