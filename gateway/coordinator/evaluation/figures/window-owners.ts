import type { Sample } from '../../../stream';

/** Remembers whose window each held-out window is. Nothing of it is written to the disk. */
export class WindowOwners {
  private readonly owners = new WeakMap<Float32Array, string>();

  add({ window, subject }: Sample): void {
    if (subject !== undefined) this.owners.set(window, subject);
  }

  /** The windows by person, in their order; those of nobody in particular come under undefined. */
  group<W extends { readonly window: Float32Array }>(windows: readonly W[]): Map<string | undefined, W[]> {
    const groups = new Map<string | undefined, W[]>();
    for (const one of windows) {
      const person = this.owners.get(one.window);
      const own = groups.get(person);
      if (own) own.push(one);
      else groups.set(person, [one]);
    }
    return groups;
  }
}
