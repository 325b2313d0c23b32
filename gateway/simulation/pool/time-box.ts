import type { ProgramRequest, TrainOptions } from '../../engine';

/**
 * The part of a round that fits into its time: whole steps of equal length, at least one. The pool has no clock, so it
 * gets a number of steps.
 * @param fullMs virtual time of the whole round, ms
 */
export function timeBoxed(
  { batchSize }: ProgramRequest,
  samples: number,
  { epochs, maxMs = Infinity }: Pick<TrainOptions, 'epochs' | 'maxMs'>,
  fullMs: number,
): { readonly durationMs: number; readonly maxSteps?: number } {
  if (fullMs <= maxMs) return { durationMs: fullMs };
  const steps = epochs * Math.ceil(samples / (batchSize ?? samples));
  const maxSteps = Math.max(1, Math.floor((steps * maxMs) / fullMs));
  return { durationMs: (fullMs * maxSteps) / steps, maxSteps };
}
