/** Longest interval between two beats, in seconds: a recording says more where a beat has no neighbour. */
const longest = 3;
/** Part that each beat has in the person's mean: about the last 50 beats. */
const share = 0.02;

/** Names and units of the side inputs of a beat, in the order in which `BeatIntervals` gives them. */
export const intervalChannels = [
  { name: 'rr_before', unit: 's' },
  { name: 'rr_after', unit: 's' },
  { name: 'rr_before_ratio', unit: '' },
  { name: 'rr_after_ratio', unit: '' },
] as const;

/**
 * Intervals between the R peaks of beats, and their ratios to the mean of the person so far: an early beat is early for
 * somebody (de Chazal 2004 uses the same intervals). The mean decays, and knows no later beat.
 */
export class BeatIntervals {
  private readonly means = new Map<string, number>();

  /**
   * Side inputs of the person's next beat.
   * @param before milliseconds from the beat before
   * @param after milliseconds to the next beat
   */
  next(person: string, before: number, after: number): [number, number, number, number] {
    const [last, next] = [before, after].map((ms) => Math.min(ms / 1000, longest)) as [number, number];
    const known = this.means.get(person) ?? last;
    const mean = known + share * (last - known);
    this.means.set(person, mean);
    return [last, next, last / mean, next / mean];
  }
}
