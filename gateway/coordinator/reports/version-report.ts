import type { Treatment } from '../robust';
import { type BestVersion, distinguishesModels, type FederatedQuality, type Quality } from './quality';

/** One version: its quality and what it was made of. Output 1 of `ftte-coordinate`. */
export interface VersionReport {
  readonly lineage: string;
  readonly version: number;
  readonly modelKey: string;
  /** Of this version alone; undefined without held-out windows. */
  readonly current: Quality | undefined;
  /** Of the running average of recent versions: what is published for prediction. */
  readonly average: Quality | undefined;
  /** Of recent versions, as gateways have measured them; undefined if none has. */
  readonly federated?: FederatedQuality | undefined;
  readonly best: BestVersion | undefined;
  readonly contributions: readonly ContributionReport[];
  /** Why the buffer was applied. `above`: a version of the federation above has come to this region. */
  readonly cause: 'full' | 'max-wait' | 'request' | 'warm-start' | 'above';
  readonly updateBytes: number;
  readonly patchBytes: number;
  readonly gatewaysOnline: number;
  /** Wall time since the previous version, ms. */
  readonly durationMs: number;
}

/** One contribution in the report of a version. */
export interface ContributionReport {
  readonly gateway: string;
  readonly samples: number;
  /** Versions between its base version and the version before this one. */
  readonly age: number;
  readonly variance: number;
  /** Normalised weight: the weights of one version add up to 1. */
  readonly weight: number;
  readonly bytes: number;
  /** Share of the parameters that it changed, 0 to 1. */
  readonly trainedShare: number;
  /** Mean loss on the samples of its round, before and after it; undefined if the gateway measured none. */
  readonly lossBefore?: number | undefined;
  readonly lossAfter?: number | undefined;
  /** The measures against hostile gateways: absent if the task's `aggregation.robust` is `none`. */
  readonly treatment?: Treatment | undefined;
}

/** Mean of the losses that gateways report, weighted by samples; undefined if none does. */
export function weightedLoss(
  contributions: readonly ContributionReport[],
  key: 'lossBefore' | 'lossAfter',
): number | undefined {
  let sum = 0;
  let samples = 0;
  for (const contribution of contributions) {
    const loss = contribution[key];
    if (loss === undefined) continue;
    sum += loss * contribution.samples;
    samples += contribution.samples;
  }
  return samples > 0 ? sum / samples : undefined;
}

/**
 * The quality of a version in one figure: of the published average, of the version alone, or as gateways measure it, the first
 * that distinguishes models.
 */
export const judgedQuality = ({
  average,
  current,
  federated,
}: Pick<VersionReport, 'average' | 'current' | 'federated'>): Quality | FederatedQuality | undefined =>
  [average, current, federated].find((one) => one !== undefined && distinguishesModels(one));
