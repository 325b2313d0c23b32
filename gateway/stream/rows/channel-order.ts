/** Rows that contradict the usual order of channels before the order is learned again. */
const contradictions = 3;

/** The order in which the channels of a row usually come, for rows without times. */
export class ChannelOrder {
  /** The usual place of each channel; -1 if it is not known. */
  private readonly places: Int32Array;
  private contradicted = 0;

  constructor(channels: number) {
    this.places = new Int32Array(channels).fill(-1);
  }

  /**
   * True if a channel comes that usually comes before one that the row has, so that the row began without it.
   * @param present 1 for each channel that the row has
   * @param absent 1 for each channel that has not come now
   */
  isContradicted(present: Uint8Array, absent: Uint8Array): boolean {
    const { places } = this;
    let least = Infinity;
    for (let c = 0; c < places.length; c++)
      if (present[c] && places[c]! >= 0) least = Math.min(least, places[c]!);
    for (let c = 0; c < places.length; c++) {
      if (absent[c] || places[c]! < 0 || places[c]! >= least) continue;
      if (++this.contradicted < contradictions) return true;
      this.contradicted = 0;
      places.fill(-1);
      return false;
    }
    return false;
  }

  /**
   * Learns the places of channels that came.
   * @param came channels that the row has
   */
  learn(absent: Uint8Array, came: number): void {
    const { places } = this;
    for (let c = 0; c < places.length; c++) if (!absent[c] && places[c]! < 0) places[c] = came;
    if (came === places.length) this.contradicted = 0;
  }
}
