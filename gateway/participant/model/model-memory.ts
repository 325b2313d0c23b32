import { initialSteps, type ModelSpec, moveAverage } from '../../model';
import { type Resumable, stepNumbers, YieldBudget } from '../../platform';
import type { Anchor, Grant, ParameterChange, Patch, Snapshot } from '../../wire';

/** The current global model and the running average of recent versions, both flat. A version is never changed. */
export interface HeldModel {
  readonly parameters: Float32Array;
  readonly average: Float32Array;
}

/**
 * How a follower keeps the one version it holds, and comes from it to the next: in steps, because a large model would
 * hold up an event loop.
 */
export interface ModelMemory {
  fromSnapshot(snapshot: Snapshot): Resumable<HeldModel>;
  /** The version that `patch` makes of `held`, which stays as it is. */
  next(held: HeldModel, patch: Patch, averageVersions: number): Resumable<HeldModel>;
  /** Version 0 of the seed. Not kept here: an idle gateway holds no model unless it must. */
  seeded(model: ModelSpec, seed: number): Resumable<Float32Array>;
  /** An anchor: version 0 and what leads to it. Whoever asks keeps it; it is not changed any more. */
  anchor(anchor: NewAnchor, model: ModelSpec, seed: number): Resumable<Float32Array>;
  /** The parameters that a granted round starts from: what `start` gives and the catch-up. What it gives stays as it is. */
  fromGrant(grant: CatchingUp, start: Resumable<Float32Array>): Resumable<Float32Array>;
}

/** A grant that brings a catch-up. */
export type CatchingUp = Grant & { readonly catchUp: ParameterChange };
/** An anchor that comes whole. */
export type NewAnchor = Anchor & { readonly fromSeed: ParameterChange };

/** Two vectors of the gateway's own, others for each version. */
export const ownMemory: ModelMemory = {
  *fromSnapshot({ parameters, average }) {
    return yield* copied(parameters, average);
  },
  *next(held, patch, averageVersions) {
    const model = yield* copied(held.parameters, held.average);
    yield* moveOn(model, patch, averageVersions);
    return model;
  },
  seeded: (model, seed) => initialSteps(model, seed),
  *anchor({ fromSeed }, model, seed) {
    const parameters = yield* initialSteps(model, seed);
    yield* add(parameters, fromSeed);
    return parameters;
  },
  *fromGrant({ catchUp }, start) {
    const parameters = (yield* start).slice();
    yield* add(parameters, catchUp);
    return parameters;
  },
};

function* copied(parameters: Float32Array, average: Float32Array): Resumable<HeldModel> {
  const copy = parameters.slice();
  yield;
  return { parameters: copy, average: average.slice() };
}

/** Makes the version of `patch` of the one before it, in place; the running average moves on with it. */
export function* moveOn(model: HeldModel, patch: Patch, averageVersions: number): Resumable<void> {
  const { parameters, average } = model;
  yield* add(parameters, patch);
  yield* moveAverage(average, parameters, patch.version, averageVersions);
}

function* add(flat: Float32Array, { segments, delta }: ParameterChange): Resumable<void> {
  const pace = new YieldBudget();
  let at = 0;
  for (const { offset, length } of segments) {
    for (let done = 0; done < length; ) {
      const part = Math.min(stepNumbers, length - done);
      addRun(flat, offset + done, delta.values, at, part);
      done += part;
      at += part;
      if (pace.after(part)) yield;
    }
  }
}

function addRun(flat: Float32Array, offset: number, values: Float32Array, at: number, length: number): void {
  for (let i = 0; i < length; i++) flat[offset + i]! += values[at + i]!;
}
