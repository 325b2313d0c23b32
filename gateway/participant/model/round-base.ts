import type { ModelSpec, ParameterLayout } from '../../model';
import { FtteError, type Resumable } from '../../platform';
import { readTensor } from '../../wire';
import { beyondModel } from './beyond-model';
import { heldDigest } from './held-digest';
import type { CatchingUp, ModelMemory } from './model-memory';

/** The model to which grants apply. */
export interface GrantSubject {
  readonly model: ModelSpec;
  readonly layout: ParameterLayout;
  readonly seed: number;
}

/** The start of the catch-ups of grants: version 0 of the seed, or an anchor that came with an earlier grant. */
export class RoundBaseBuilder {
  private anchor: { readonly id: string; readonly parameters: Float32Array } | undefined;

  constructor(private readonly memory: ModelMemory) {}

  /** Empty if no anchor is held. */
  get anchorId(): string {
    return this.anchor?.id ?? '';
  }

  /**
   * The parameters from which a granted round starts, flat.
   * @throws FtteError `message-invalid` if the grant does not fit the model, is damaged, or names an anchor that is not
   * held; `model-differs` if they are not those of the coordinator, with their digest in its details
   */
  *parameters(grant: CatchingUp, subject: GrantSubject): Resumable<Float32Array> {
    const parameters = yield* this.made(grant, subject);
    if (grant.digest === undefined) return parameters;
    const digest = yield* heldDigest(grant, parameters);
    if (digest === grant.digest) return parameters;
    // The next grant brings the anchor again.
    this.anchor = undefined;
    throw new FtteError(
      'model-differs',
      `grant ${grant.id} leads to another model here than at the coordinator (${digest}, expected ${grant.digest} for version ${grant.version}): it is returned`,
      { digest },
    );
  }

  private *made(grant: CatchingUp, { model, layout, seed }: GrantSubject): Resumable<Float32Array> {
    const { memory } = this;
    const { id, anchor, catchUp } = grant;
    for (const change of [catchUp, anchor?.fromSeed]) {
      const problem = change && beyondModel(`grant ${id}`, change.segments, layout.size);
      if (problem) throw problem;
      if (change) yield* readTensor(change.delta);
    }
    if (!anchor) return yield* memory.fromGrant(grant, memory.seeded(model, seed));
    if (anchor.fromSeed) {
      const newAnchor = { id: anchor.id, fromSeed: anchor.fromSeed };
      const parameters = yield* memory.anchor(newAnchor, model, seed);
      this.anchor = { id: anchor.id, parameters };
    }
    const held = this.anchor;
    if (held?.id === anchor.id) return yield* memory.fromGrant(grant, whole(held.parameters));
    throw new FtteError('message-invalid', `grant ${id} starts from anchor ${anchor.id}, which is not held`);
  }
}

/** The given parameters, after a pause. */
function* whole(parameters: Float32Array): Resumable<Float32Array> {
  yield;
  return parameters;
}
