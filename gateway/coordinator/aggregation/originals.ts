/** The values that deltas had before a version changed them in place: if it fails, they have them again. */
export class Originals {
  private readonly copies = new Map<Float32Array, Float32Array>();

  /** Copies a delta that is about to change; what was copied before stays. */
  keep(delta: Float32Array): void {
    if (!this.copies.has(delta)) this.copies.set(delta, delta.slice());
  }

  /** Gives the deltas their values back. */
  restore(): void {
    for (const [delta, copy] of this.copies) delta.set(copy);
    this.forget();
  }

  /** Frees the copies: the version is there, or has not begun. */
  forget(): void {
    this.copies.clear();
  }
}
