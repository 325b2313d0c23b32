import type { ModelSpec } from '../../model';
import {
  advanceModel,
  type CatchingUp,
  type HeldModel,
  type ModelMemory,
  type NewAnchor,
  ownMemory,
} from '../../participant';
import type { Resumable } from '../../platform';
import { decodeMessage, type Message, type ModelVersion, type Patch, type Snapshot } from '../../wire';

/**
 * Versions shared by all followers of a fleet. The first follower that needs a version makes it, and nobody changes it
 * afterwards. Followers that hold the same version hold the same vectors, in memory that threads share. Only followers
 * keep a version alive: a version that no follower holds is forgotten, and making it again gives the same bits.
 */
export class SharedModels implements ModelMemory {
  private readonly byVersion = new Map<string, WeakRef<Float32Array>>();
  /** Starts of granted rounds: they equal a version only within rounding, and so have a table of their own. */
  private readonly caughtUp = new Map<string, WeakRef<Float32Array>>();
  private readonly models = new WeakMap<Float32Array, HeldModel>();
  private readonly successors = new WeakMap<Float32Array, { patch: Patch; next: WeakRef<Float32Array> }>();

  *fromSnapshot(snapshot: Snapshot): Resumable<HeldModel> {
    const known = this.recall(this.byVersion.get(keyOf(snapshot)));
    if (known && equal(known.parameters, snapshot.parameters) && equal(known.average, snapshot.average)) {
      return known;
    }
    yield;
    return this.remember(snapshot, {
      parameters: shared(snapshot.parameters),
      average: shared(snapshot.average),
    });
  }

  *next(held: HeldModel, patch: Patch, averageVersions: number): Resumable<HeldModel> {
    const successor = this.successors.get(held.parameters);
    const known = successor?.patch === patch ? this.recall(successor.next) : undefined;
    if (known) return known;
    const copy = { parameters: shared(held.parameters), average: shared(held.average) };
    yield* advanceModel(copy, patch, averageVersions);
    const model = this.remember(patch, copy);
    this.successors.set(held.parameters, { patch, next: new WeakRef(model.parameters) });
    return model;
  }

  seeded(model: ModelSpec, seed: number): Resumable<Float32Array> {
    return ownMemory.seeded(model, seed);
  }

  anchor(anchor: NewAnchor, model: ModelSpec, seed: number): Resumable<Float32Array> {
    return this.once(`anchor ${anchor.id}`, ownMemory.anchor(anchor, model, seed));
  }

  /** All grants of a version bring the same catch-up. */
  fromGrant(grant: CatchingUp, start: Resumable<Float32Array>): Resumable<Float32Array> {
    return this.once(keyOf(grant), ownMemory.fromGrant(grant, start));
  }

  private *once(key: string, make: Resumable<Float32Array>): Resumable<Float32Array> {
    const known = this.caughtUp.get(key)?.deref();
    if (known) return known;
    const parameters = shared(yield* make);
    this.caughtUp.set(key, new WeakRef(parameters));
    forgetDead(this.caughtUp);
    return parameters;
  }

  private recall(reference: WeakRef<Float32Array> | undefined): HeldModel | undefined {
    const parameters = reference?.deref();
    return parameters && this.models.get(parameters);
  }

  private remember(version: ModelVersion, model: HeldModel): HeldModel {
    this.models.set(model.parameters, model);
    this.byVersion.set(keyOf(version), new WeakRef(model.parameters));
    forgetDead(this.byVersion);
    return model;
  }
}

/** A decoder that decodes each message once, however many sessions read the same bytes. Its results are read-only. */
export function sharedDecoder(): typeof decodeMessage {
  const messages = new WeakMap<Uint8Array, Message>();
  return (bytes, limits, place) => {
    const known = messages.get(bytes);
    if (known) return known;
    const message = decodeMessage(bytes, limits, place);
    messages.set(bytes, message);
    return message;
  };
}

function forgetDead(references: Map<string, WeakRef<Float32Array>>): void {
  if (references.size <= 1000) return;
  for (const [key, reference] of references) if (!reference.deref()) references.delete(key);
}

function keyOf({ lineage, version }: ModelVersion): string {
  return `${lineage} ${version}`;
}

function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function equal(a: Float32Array, b: Float32Array): boolean {
  return bytesOf(a).equals(bytesOf(b));
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
