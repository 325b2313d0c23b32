import { initialSteps, type ModelSpec, moveAverage } from '../../model';
import { type Resumable, stepNumbers, YieldBudget } from '../../platform';
import type { Anchor, Grant, ParameterChange, Patch, Snapshot } from '../../wire';

/** The current global model and the running average of recent versions, both flat. A version is never changed. */
export interface HeldModel {
  readonly parameters: Float32Array;
  readonly average: Float32Array;
}

/**
 * The storage of the version that a follower holds, and the way to the next one. It works in steps, because a large
 * model would block the event loop.
 */
export interface ModelMemory {
  fromSnapshot(snapshot: Snapshot): Resumable<HeldModel>;
  /** The version that `patch` makes from `held`, which does not change. */
  next(held: HeldModel, patch: Patch, averageVersions: number): Resumable<HeldModel>;
  /** Version 0 of the seed. It is not stored here, because an idle gateway holds no model unless it must. */
  seeded(model: ModelSpec, seed: number): Resumable<Float32Array>;
  /** The parameters of an anchor: version 0 and a change. The caller stores them, and they are not changed any more. */
  anchor(anchor: NewAnchor, model: ModelSpec, seed: number): Resumable<Float32Array>;
  /**
   * The parameters from which a granted round starts: those of `start` plus the catch-up. They are not changed any
   * more.
   */
  fromGrant(grant: CatchingUp, start: Resumable<Float32Array>): Resumable<Float32Array>;
}

/** A grant with a catch-up, and its lineage. */
export type CatchingUp = Grant & { readonly lineage: string; readonly catchUp: ParameterChange };
/** An anchor with its parameters. */
export type NewAnchor = Anchor & { readonly fromSeed: ParameterChange };

/** Two vectors for this gateway, and new ones for each version. */
export const ownMemory: ModelMemory = {
  *fromSnapshot({ parameters, average }) {
    return yield* copied(parameters, average);
  },
  *next(held, patch, averageVersions) {
    const model = yield* copied(held.parameters, held.average);
    yield* advanceModel(model, patch, averageVersions);
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

/** Makes the version of `patch` from the one before it, in place, and updates the running average. */
export function* advanceModel(model: HeldModel, patch: Patch, averageVersions: number): Resumable<void> {
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
