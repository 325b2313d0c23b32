import { initialParameters, type ModelSpec, scatterAdd } from '../task';
import type { Grant, Patch, Snapshot } from '../wire';

/** The current global model and the running average of recent versions, both flat. */
export interface HeldModel {
  readonly parameters: Float32Array;
  readonly average: Float32Array;
}

/** How a follower keeps the one version it holds, and comes from it to the next. */
export interface ModelMemory {
  fromSnapshot(snapshot: Snapshot): HeldModel;
  /** The version that `patch` makes of `held`. `held` is not used any more. */
  next(held: HeldModel, patch: Patch, averageVersions: number): HeldModel;
  /** The parameters that a granted round starts from, flat: version 0 of the seed and the catch-up. Not kept here. */
  fromGrant(grant: CatchingUp, model: ModelSpec, seed: number): Float32Array;
}

/** A grant that brings a catch-up. */
export type CatchingUp = Grant & { readonly catchUp: NonNullable<Grant['catchUp']> };

/** Two vectors of the gateway's own, changed in place. */
export const ownMemory: ModelMemory = {
  fromSnapshot: ({ parameters, average }) => ({ parameters: parameters.slice(), average: average.slice() }),
  next(held, patch, averageVersions) {
    scatterAdd(held.parameters, patch.segments, patch.delta.values);
    updateAverage(held.average, held.parameters, patch.version, averageVersions);
    return held;
  },
  // Version 0 is computed again each time: less than a step of training, and an idle gateway holds no model.
  fromGrant({ catchUp }, model, seed) {
    const parameters = initialParameters(model, seed);
    scatterAdd(parameters, catchUp.segments, catchUp.delta.values);
    return parameters;
  },
};

/**
 * Moves the running average of a lineage's versions on to `version`: average += (parameters - average) / k, with
 * k = min(version + 1, averageVersions), so that it is the plain mean of the first versions and leans on the recent
 * ones later. Coordinator and gateways come to the same bits.
 */
export function updateAverage(
  average: Float32Array,
  parameters: Float32Array,
  version: number,
  averageVersions: number,
): void {
  const k = Math.min(version + 1, averageVersions);
  for (let i = 0; i < average.length; i++) average[i]! += (parameters[i]! - average[i]!) / k;
}
