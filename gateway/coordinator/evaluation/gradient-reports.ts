import { encodeScores, type ParameterLayout, type Segment, scatterAdd, segmentsSize } from '../../model';
import { selectionUnits, unitNorm } from '../../selection';

/** Reports behind the first scores that are told; four times as many behind each that follows. */
const firstReports = 8;

/**
 * Gradient norms by unit, from gateways that have the memory to train everything: what a local round changed is the sum
 * of its gradients, so their updates are the reports, and nothing more is sent. Every report counts alike, whatever its
 * length.
 */
export class GradientReports {
  private readonly units;
  private readonly whole: number;
  private readonly sums: Float64Array;
  private readonly change: Float32Array;
  private count = 0;
  private due = firstReports;

  constructor(private readonly layout: ParameterLayout) {
    this.units = selectionUnits(layout);
    this.whole = layout.tensors.reduce((sum, { trainable, size }) => sum + (trainable ? size : 0), 0);
    this.sums = new Float64Array(this.units.length);
    this.change = new Float32Array(layout.size);
  }

  /**
   * Takes an update; those that leave anything out are passed over.
   * @returns scores, as a `ImportanceScores` has them, when it is time to tell them (again)
   */
  add(segments: readonly Segment[], delta: Float32Array): Uint8Array | undefined {
    if (segmentsSize(segments) !== this.whole) return undefined;
    const norm = Math.sqrt(delta.reduce((sum, value) => sum + value * value, 0));
    if (!(norm > 0)) return undefined;
    this.change.fill(0);
    scatterAdd(this.change, segments, delta);
    this.units.forEach((unit, i) => {
      this.sums[i]! += (unitNorm(this.layout, unit, this.change) / norm) ** 2;
    });
    this.count++;
    if (this.count < this.due) return undefined;
    this.due *= 4;
    return encodeScores(this.sums.map(Math.sqrt));
  }
}
