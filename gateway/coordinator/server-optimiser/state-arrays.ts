/** Arrays of one number per parameter that an optimiser keeps from step to step, and that a checkpoint holds. */
export class StateArrays<Name extends string> {
  private state: Record<Name, Float32Array> | undefined;

  /** @param initial the first value of every number, by array */
  constructor(private readonly initial: Readonly<Record<Name, number>>) {}

  /** The arrays themselves, each `[size]`; created on the first call. */
  of(size: number): Readonly<Record<Name, Float32Array>> {
    this.state ??= this.map((name) => new Float32Array(size).fill(this.initial[name]));
    return this.state;
  }

  /** Views by name; empty before the first step. */
  arrays(): ReadonlyMap<string, Float32Array> {
    return new Map(this.state ? Object.entries<Float32Array>(this.state) : []);
  }

  /** Restores what `arrays` returned; if one is missing or has another size, the state is reset. */
  restore(arrays: ReadonlyMap<string, Float32Array>): void {
    const found = this.names.map((name) => arrays.get(name));
    const complete = found.every((values) => values !== undefined && values.length === found[0]?.length);
    this.state = complete ? this.map((name) => arrays.get(name)?.slice() ?? new Float32Array(0)) : undefined;
  }

  private get names(): Name[] {
    return Object.keys(this.initial) as Name[];
  }

  private map(make: (name: Name) => Float32Array): Record<Name, Float32Array> {
    return Object.fromEntries(this.names.map((name) => [name, make(name)])) as Record<Name, Float32Array>;
  }
}
