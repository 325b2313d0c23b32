/**
 * A sequence of numbers that looks random and starts anywhere at once: one 32-bit word of state, mixed as in Steele 2014
 * ("Fast splittable pseudorandom number generators", section 3). Unlike `SeededRandom` it is restarted for each example
 * without making an object. For augmentation, not for keys.
 */
export class DrawSequence {
  private state = 0;

  /** Starts the sequence of an example. */
  start(seed: number, step: number, place: number): void {
    this.state = (seed ^ Math.imul(step, 0x2545f491) ^ Math.imul(place + 1, 0x5bd1e995)) | 0;
    this.bits();
  }

  /** A number in [-1, 1), all equally likely. */
  signed(): number {
    return this.bits() / 0x8000_0000;
  }

  private bits(): number {
    this.state = (this.state + 0x9e3779b9) | 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) | 0;
  }
}
