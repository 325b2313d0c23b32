import type { Sample } from '../../../stream';

/** People who are judged by themselves: each costs the engine requests of their own at each version. */
export const mostPeople = 1_000;

/** Remembers whose window each held-out window is. Nothing of it is written to the disk. */
export class WindowOwners {
  private readonly owners = new WeakMap<Float32Array, string>();

  private hasSaid = false;

  /** @param onMany windows name more people than are judged by themselves; called once */
  constructor(private readonly onMany: () => void) {}

  add({ window, subject }: Sample): void {
    if (subject !== undefined) this.owners.set(window, subject);
  }

  /**
   * The windows by person, in their order; those of nobody in particular, and of people beyond the first 1000, come under
   * undefined.
   */
  group<W extends { readonly window: Float32Array }>(windows: readonly W[]): Map<string | undefined, W[]> {
    const groups = new Map<string | undefined, W[]>();
    const nobody: W[] = [];
    let isFull = false;
    for (const one of windows) {
      const person = this.owners.get(one.window);
      const own = person === undefined ? nobody : groups.get(person);
      if (own) own.push(one);
      else if (groups.size < mostPeople) groups.set(person, [one]);
      else {
        isFull = true;
        nobody.push(one);
      }
    }
    if (nobody.length > 0) groups.set(undefined, nobody);
    if (isFull && !this.hasSaid) {
      this.hasSaid = true;
      this.onMany();
    }
    return groups;
  }
}
