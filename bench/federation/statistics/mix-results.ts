import { type Spread, spreadOf } from '../../support/statistics';
import type { CellOutcome } from '../runs/run-cells';
import { finalAccuracy, reach } from './curve';
import { pairedLoss, pairedRatio } from './ratios';

/** The runs of one mix. */
export class MixResults {
  /** Accuracy to reach. */
  readonly target: number;

  /** @param base name of the arm that sets the target */
  constructor(
    private readonly outcomes: readonly CellOutcome[],
    readonly mix: string,
    base: string,
  ) {
    const finals = this.of(base).map(({ result }) => finalAccuracy(result.curve));
    this.target = targetShare * spreadOf(finals).mean;
  }

  of(arm: string): readonly CellOutcome[] {
    return this.outcomes.filter((outcome) => outcome.arm === arm && outcome.mix === this.mix);
  }

  /** Virtual seconds until the target, by seed, for the seeds that reached it. */
  seconds(arm: string): Map<number, number> {
    return this.atTarget(arm, ({ timeMs }) => timeMs / 1000);
  }

  bytes(arm: string): Map<number, number> {
    return this.atTarget(arm, ({ bytesUp, bytesDown }) => bytesUp + bytesDown);
  }

  finals(arm: string): Map<number, number> {
    return this.bySeed(arm, ({ result }) => finalAccuracy(result.curve));
  }

  stragglers(arm: string): Map<number, number> {
    return this.bySeed(arm, ({ result }) => result.summary.perClient?.stragglers);
  }

  worstTenth(arm: string): Map<number, number> {
    return this.bySeed(arm, ({ result }) => result.summary.perClient?.worstTenth);
  }

  /** Bytes of the largest plan of an arm. NaN without runs. */
  memory(arm: string): number {
    const plans = this.of(arm).flatMap(({ result }) => result.summary.plans);
    return plans.length === 0 ? Number.NaN : Math.max(...plans.map(({ peakBytes }) => peakBytes));
  }

  /** Whether every seed of the arm reached the target. */
  reached(arm: string): boolean {
    return this.seconds(arm).size === this.of(arm).length && this.of(arm).length > 0;
  }

  /** The arm that reaches the target first, by the mean over its seeds; undefined if none always reaches it. */
  fastest(arms: readonly string[]): string | undefined {
    const mean = (arm: string) => spreadOf([...this.seconds(arm).values()]).mean;
    return arms.filter((arm) => this.reached(arm)).sort((a, b) => mean(a) - mean(b))[0];
  }

  /** Compares two arms. Time and payload are undefined if one of the two did not always reach the target. */
  compare(arm: string, other: string): Comparison {
    const both = this.reached(arm) && this.reached(other);
    return {
      time: both ? pairedRatio(this.seconds(arm), this.seconds(other)) : undefined,
      payload: both ? pairedRatio(this.bytes(arm), this.bytes(other)) : undefined,
      memory: this.memory(arm) / this.memory(other),
      loss: points(pairedLoss(this.finals(arm), this.finals(other))),
      stragglerLoss: points(pairedLoss(this.stragglers(arm), this.stragglers(other))),
    };
  }

  private atTarget(
    arm: string,
    of: (point: NonNullable<ReturnType<typeof reach>>) => number,
  ): Map<number, number> {
    return this.bySeed(arm, ({ result }) => {
      const point = reach(result.curve, this.target);
      return point && of(point);
    });
  }

  private bySeed(arm: string, of: (outcome: CellOutcome) => number | undefined): Map<number, number> {
    const values = new Map<number, number>();
    for (const outcome of this.of(arm)) {
      const value = of(outcome);
      if (value !== undefined) values.set(outcome.seed, value);
    }
    return values;
  }
}

/** The target, as a share of the final accuracy of plain dense FedAvg. */
export const targetShare = 0.97;

/** Comparison of an arm with another under one mix, over all seeds. */
export interface Comparison {
  readonly time: Spread | undefined;
  /** Bytes up and down of all gateways until the target. */
  readonly payload: Spread | undefined;
  /** Memory of the largest plan. */
  readonly memory: number;
  /** Points of final accuracy that the arm loses. */
  readonly loss: Spread | undefined;
  readonly stragglerLoss: Spread | undefined;
}

function points(loss: Spread | undefined): Spread | undefined {
  return loss && { mean: 100 * loss.mean, deviation: 100 * loss.deviation, runs: loss.runs };
}
