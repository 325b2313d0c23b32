import { encodeScores, type ParameterLayout, type Segment, scatterAdd, segmentsSize } from '../../model';
import { selectionUnits, unitNorm } from '../../selection';

/** Updates behind the first scores; each further time four times as many. */
const firstUpdates = 8;

/**
 * Importance scores from the updates of gateways that train all parameters: what a local round changed is the sum of
 * its gradients, so these updates measure gradient norms per unit without another message. Every update counts alike,
 * whatever its length.
 */
export class GradientScores {
  private readonly units;
  private readonly trainableSize: number;
  private readonly sums: Float64Array;
  private readonly change: Float32Array;
  private count = 0;
  private due = firstUpdates;

  constructor(private readonly layout: ParameterLayout) {
    this.units = selectionUnits(layout);
    this.trainableSize = layout.tensors.reduce((sum, { trainable, size }) => sum + (trainable ? size : 0), 0);
    this.sums = new Float64Array(this.units.length);
    this.change = new Float32Array(layout.size);
  }

  /**
   * Adds an update; one that leaves any parameter out, or moves none, does not count.
   * @returns the `gradients` of `ImportanceScores` each time enough updates are behind them
   */
  add(segments: readonly Segment[], delta: Float32Array): Uint8Array | undefined {
    if (segmentsSize(segments) !== this.trainableSize) return undefined;
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
