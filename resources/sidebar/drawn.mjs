/* What a plot shows, and whether new points would be seen: of thousands of versions, several are on one pixel. */

/** Part of a pixel by which a line may be off. */
const unseen = 0.5;

export class Drawn {
  #best;
  #length = 0;
  #newest;
  #oldest;
  /** Least and greatest value of each line on the last pixel, or undefined. */
  #ends = [];

  /** Notes what a plot has drawn. */
  note(plot, [axis, ...lines], best) {
    this.#best = best;
    this.#length = axis.length;
    this.#newest = axis.at(-1);
    this.#oldest = axis[0];
    const { min, max } = plot.scales.x;
    const from = this.#newest - (unseen * (max - min)) / plot.bbox.width;
    let first = axis.length - 1;
    while (first > 0 && axis[first - 1] >= from) first--;
    this.#ends = lines.map((values) => {
      const known = values.slice(first).filter((value) => value !== null && value !== undefined);
      return known.length > 0 ? [Math.min(...known), Math.max(...known)] : undefined;
    });
  }

  /** Whether new data at the end of those that were drawn would look the same. */
  covers(plot, [axis, ...lines], best) {
    const added = axis.length - this.#length;
    if (this.#length === 0 || added < 0 || best !== this.#best || axis[0] !== this.#oldest) return false;
    if (axis[this.#length - 1] !== this.#newest || lines.length !== this.#ends.length) return false;
    const { x, y } = plot.scales;
    const { width, height } = plot.bbox;
    if ((axis.at(-1) - this.#newest) * width > unseen * (x.max - x.min)) return false;
    const off = (unseen * (y.max - y.min)) / height;
    return lines.every((values, i) =>
      values.slice(this.#length).every((value) => {
        const ends = this.#ends[i];
        if (value === null || value === undefined) return true;
        return ends !== undefined && value >= ends[0] - off && value <= ends[1] + off;
      }),
    );
  }
}
