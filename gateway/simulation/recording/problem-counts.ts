/** Counts the problems of a run by kind: texts that differ only by numbers and names are one kind. */
export class ProblemCounts {
  private readonly counts = new Map<string, number>();

  add(text: string): void {
    const kind = text.replace(/client-\d+: /, '').replace(/[0-9a-f]{16}|\d+(\.\d+)?/g, '#');
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  byKind(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }
}
