/** Runs of one label that are kept for their median. */
const mostRuns = 512;

/** For how many readings a label lasts, in a stream of labels. */
export class LabelRuns {
  private readonly lengths: number[] = [];
  private label: string | undefined;
  private length = 0;
  /** The first run may have begun before. */
  private isWhole = false;

  add(label: string | undefined): void {
    if (label === this.label) {
      this.length++;
      return;
    }
    const isRun = this.isWhole && this.label !== undefined;
    if (isRun && this.lengths.length < mostRuns) this.lengths.push(this.length);
    this.isWhole = this.length > 0;
    this.label = label;
    this.length = 1;
  }

  /** Readings of the median run that is whole; undefined if none is. */
  get median(): number | undefined {
    return this.lengths.sort((a, b) => a - b)[this.lengths.length >> 1];
  }
}
