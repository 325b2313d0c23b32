import { type Resumable, stepNumbers } from '../platform';

/**
 * Moves the running average of a lineage's versions on to the next version, in place, with a pause after each portion:
 * average += (parameters - average) / k with k = min(version + 1, averageVersions), so that it is the plain mean of the
 * first versions and leans on the recent ones later. Coordinator and gateways compute it to the same bits.
 * @param average of the versions up to `version - 1`, `[size]`
 * @param parameters of `version`, `[size]`
 * @param averageVersions most versions that the average leans on, at least 1
 */
export function* moveAverage(
  average: Float32Array,
  parameters: Float32Array,
  version: number,
  averageVersions: number,
): Resumable<void> {
  const k = Math.min(version + 1, averageVersions);
  for (let from = 0; from < average.length; from += stepNumbers) {
    yield;
    movePortion(average, parameters, from, Math.min(average.length, from + stepNumbers), k);
  }
}

function movePortion(
  average: Float32Array,
  parameters: Float32Array,
  from: number,
  end: number,
  k: number,
): void {
  for (let i = from; i < end; i++) average[i]! += (parameters[i]! - average[i]!) / k;
}
