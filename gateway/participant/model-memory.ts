import { initialParameters, type ModelSpec, scatterAdd } from '../task';
import type { Anchor, Grant, ParameterChange, Patch, Snapshot } from '../wire';

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
  /** Version 0 of the seed. Not kept here: an idle gateway holds no model unless it must. */
  seeded(model: ModelSpec, seed: number): Float32Array;
  /** An anchor: version 0 and what leads to it. Whoever asks keeps it; it is not changed any more. */
  anchor(anchor: NewAnchor, model: ModelSpec, seed: number): Float32Array;
  /** The parameters that a granted round starts from: those of `start` and the catch-up. `start` stays as it is. */
  fromGrant(grant: CatchingUp, start: () => Float32Array): Float32Array;
}

/** A grant that brings a catch-up. */
export type CatchingUp = Grant & { readonly catchUp: ParameterChange };
/** An anchor that comes whole. */
export type NewAnchor = Anchor & { readonly fromSeed: ParameterChange };

/** Two vectors of the gateway's own, changed in place. */
export const ownMemory: ModelMemory = {
  fromSnapshot: ({ parameters, average }) => ({ parameters: parameters.slice(), average: average.slice() }),
  next(held, patch, averageVersions) {
    scatterAdd(held.parameters, patch.segments, patch.delta.values);
    updateAverage(held.average, held.parameters, patch.version, averageVersions);
    return held;
  },
  seeded: (model, seed) => initialParameters(model, seed),
  anchor: ({ fromSeed }, model, seed) => added(initialParameters(model, seed), fromSeed),
  fromGrant: ({ catchUp }, start) => added(start().slice(), catchUp),
};

function added(parameters: Float32Array, { segments, delta }: ParameterChange): Float32Array {
  scatterAdd(parameters, segments, delta.values);
  return parameters;
}

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
