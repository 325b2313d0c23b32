import type { Task } from '../../task';
import type { Update } from '../../wire';

/**
 * Limits the numbers that a gateway reports of its round to those that a round of the task can have. Samples and steps
 * give weight to a contribution, and only the gateway itself has counted them. An update of several rounds counts as one.
 */
export function clampReportedWork(
  { samples, steps }: Pick<Update, 'samples' | 'steps'>,
  { maxSamplesPerRound, batchSize, epochs }: Task['training'],
): { readonly samples: number; readonly steps: number } {
  const maxSteps = epochs * Math.ceil(maxSamplesPerRound / batchSize);
  return { samples: Math.min(samples, maxSamplesPerRound), steps: Math.min(steps, maxSteps) };
}
