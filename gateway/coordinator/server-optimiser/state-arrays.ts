/** Arrays of one number a parameter that an optimiser keeps from step to step, and that a checkpoint takes along. */
export class StateArrays<Name extends string> {
  private kept: Record<Name, Float32Array> | undefined;

  /** @param initial for each array, what its numbers start as */
  constructor(private readonly initial: Readonly<Record<Name, number>>) {}

  /** The live arrays, each `[size]`; made when first asked for. */
  of(size: number): Readonly<Record<Name, Float32Array>> {
    this.kept ??= this.map((name) => new Float32Array(size).fill(this.initial[name]));
    return this.kept;
  }

  /** Views by name; empty before the first step. */
  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map(this.kept ? Object.entries<Float32Array>(this.kept) : []);
  }

  /** Takes back what `arrays` gave; where any is missing or of another size, it is a fresh start. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    const found = this.names.map((name) => arrays.get(name));
    const whole = found.every((values) => values !== undefined && values.length === found[0]?.length);
    this.kept = whole ? this.map((name) => arrays.get(name)?.slice() ?? new Float32Array(0)) : undefined;
  }

  private get names(): Name[] {
    return Object.keys(this.initial) as Name[];
  }

  private map(make: (name: Name) => Float32Array): Record<Name, Float32Array> {
    return Object.fromEntries(this.names.map((name) => [name, make(name)])) as Record<Name, Float32Array>;
  }
}
