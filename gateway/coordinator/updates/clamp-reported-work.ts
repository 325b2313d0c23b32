import type { Task } from '../../task';
import type { Update } from '../../wire';

/**
 * What of a gateway's own numbers counts: as many samples and steps as a round of the task can have at most. Both give
 * weight to a contribution, and nobody but the gateway has counted them.
 */
export function clampReportedWork(
  { samples, steps }: Pick<Update, 'samples' | 'steps'>,
  { maxSamplesPerRound, batchSize, epochs }: Task['training'],
): { readonly samples: number; readonly steps: number } {
  const mostSteps = epochs * Math.ceil(maxSamplesPerRound / batchSize);
  return { samples: Math.min(samples, maxSamplesPerRound), steps: Math.min(steps, mostSteps) };
}
