import { z } from 'zod';
import { gather, type ParameterLayout, planSegments, type Segment, segmentsSize } from '../../model';
import { FtteError, type Resumable } from '../../platform';
import {
  chooseEncoding,
  decodeInto,
  decodeStored,
  type Evaluation,
  encodeSteps,
  readTensor,
  rememberEncoded,
  type TensorEncoding,
  type Update,
} from '../../wire';
import type { Contribution } from '../aggregation/contribution';
import { changedPlan } from './changed-plan';
import { noWork, type RegionalWork, together, withVersion, workSchema } from './regional-work';

/** A version of the federation above. */
export interface PlaceAbove {
  readonly lineage: string;
  readonly version: number;
}

const hex16 = z.string().regex(/^[0-9a-f]{16}$/);

/** The numbers of a region in a checkpoint. */
export const aboveSchema = z.object({
  lineage: hex16.or(z.literal('')),
  version: z.number().int().min(-1),
  since: z.number().int().min(-1),
  work: workSchema,
  /** The update that waits to be counted above, and the work behind it. */
  waiting: z.object({ id: hex16, work: workSchema, isLeftBehind: z.boolean().optional() }).optional(),
});

/** A region in a checkpoint. */
export interface SavedAbove extends z.infer<typeof aboveSchema> {
  readonly anchor: Float32Array;
  /** The message of the update that waits. */
  readonly update: Uint8Array | undefined;
}

/** Everything that an update upwards is made of, besides the progress itself. */
export interface UpdateMaking {
  readonly id: string;
  readonly encoding: TensorEncoding | 'auto';
  /** The largest norm of an update; what is beyond it stays for the next one. Absent: there is none. */
  readonly clip?: number | undefined;
  /** Whether figures that were measured on samples are left out. */
  readonly hidesFigures: boolean;
  readonly evaluation: Evaluation | undefined;
  readonly encode: (update: Update) => Uint8Array;
}

/** An update upwards that was not counted yet. */
export interface WaitingAbove {
  readonly id: string;
  readonly message: Uint8Array;
  readonly work: RegionalWork;
  /** Whether the model has gone back since: what it holds is no progress of the model any more, and does not come back. */
  readonly isLeftBehind?: boolean | undefined;
}

/** Values that a region compares in one turn. */
const stepNumbers = 32_768;

/**
 * The progress of a region that was not sent to the federation above: its model minus `anchor`. A version of the region moves
 * the model alone. An update upwards moves the anchor by what it holds, so that the rest of a rounding stays for the next one.
 * A version from above moves both to it. It is part of the checkpoint, so that a restart loses nothing and sends nothing twice.
 */
export class UnsentProgress {
  private place: PlaceAbove;
  /** The version above that the oldest part of the progress began with; after `base` if that is to be a later one. */
  private since: number;
  private done: RegionalWork = noWork;
  private update: WaitingAbove | undefined;
  private readonly anchor: Float32Array;

  /** @param start the version above that the model is, with its parameters, which are copied; undefined: it is none */
  constructor(
    private readonly layout: ParameterLayout,
    start: PlaceAbove | undefined,
    parameters: Float32Array,
  ) {
    this.place = start ?? { lineage: '', version: -1 };
    this.since = this.place.version;
    this.anchor = parameters.slice();
  }

  /** The version above that the region has taken last; its lineage is empty if it has taken none. */
  get base(): PlaceAbove {
    return this.place;
  }

  get work(): RegionalWork {
    return this.done;
  }

  get waiting(): WaitingAbove | undefined {
    return this.update;
  }

  /** The parameters that the progress is counted from, `[size]`. They change. */
  get from(): Float32Array {
    return this.anchor;
  }

  /** A version was made of these contributions. */
  took(contributions: readonly Contribution[]): void {
    this.done = withVersion(this.done, contributions);
  }

  /** The model has become a version from above with the progress on top of it. */
  moved(place: PlaceAbove, parameters: Float32Array): void {
    if (this.done.versions === 0 || this.since > this.place.version) this.since = place.version;
    this.place = place;
    this.anchor.set(parameters);
  }

  /** The model has become that of another lineage above: what was learned on the one before is of no use. */
  restarted(place: PlaceAbove, parameters: Float32Array): void {
    this.place = place;
    this.update = undefined;
    this.replaced(parameters);
  }

  /** The model was replaced, for example by an earlier version: there is no progress to send any more. */
  replaced(parameters: Float32Array): void {
    this.anchor.set(parameters);
    this.done = noWork;
    this.since = this.place.version;
    if (this.update) this.update = { ...this.update, isLeftBehind: true };
  }

  /**
   * Makes an update of the progress; it waits until it is settled, and the progress after it is the next one's. Does nothing if
   * one waits, or nothing was learned.
   * @param model the parameters of the region, `[size]`; they must not change until it is done
   */
  *take(model: Float32Array, making: UpdateMaking): Resumable<void> {
    if (this.update || this.done.versions === 0 || this.since > this.place.version) return;
    const { anchor, done, layout } = this;
    const plan = changedPlan(layout, model, anchor);
    const segments = planSegments(layout, plan);
    const size = segmentsSize(segments);
    if (size === 0) return;
    const values = gather(model, segments);
    yield* subtract(values, gather(anchor, segments));
    const isWhole = yield* clipTo(values, making.clip);
    const encoding = chooseEncoding('update', making.encoding, size);
    const encoded = yield* encodeSteps(values, encoding);
    const received = new Float32Array(size);
    decodeInto(encoded, received);
    const delta = { encoding, values };
    rememberEncoded(delta, encoded);
    const { hidesFigures, evaluation } = making;
    const message = making.encode({
      type: 'update',
      id: making.id,
      lineage: this.place.lineage,
      baseVersion: this.since,
      plan,
      delta,
      samples: Math.round(done.samples),
      steps: Math.round(done.steps),
      variance: done.variances / Math.max(1, done.samples),
      lossBefore: hidesFigures ? Number.NaN : (done.lossBefore ?? Number.NaN),
      lossAfter: hidesFigures ? Number.NaN : (done.lossAfter ?? Number.NaN),
      ...(evaluation && !hidesFigures && { evaluation }),
    });
    yield;
    // From here on in one turn.
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++, at++) {
        // Without a rounding the anchor becomes the model itself, to the bit.
        anchor[i] = isWhole && received[at] === values[at] ? model[i]! : anchor[i]! + received[at]!;
      }
    }
    this.update = { id: making.id, message, work: done };
    this.done = noWork;
    this.since = this.place.version;
  }

  /** The update was counted above, or is given up. */
  settled(id: string): void {
    if (this.update?.id === id) this.update = undefined;
  }

  /** The update was refused for its age: what it holds is progress again, as of the next version above, or was left behind. */
  *returned(id: string): Resumable<void> {
    if (this.update?.id !== id) return;
    const { work, isLeftBehind } = this.update;
    if (isLeftBehind) return this.settled(id);
    const { segments, values } = yield* this.contentOf(this.update);
    let at = 0;
    for (const { offset, length } of segments) {
      for (let i = offset; i < offset + length; i++) this.anchor[i]! -= values[at++]!;
    }
    this.update = undefined;
    this.done = together(work, this.done);
    this.since = this.place.version + 1;
  }

  /** The content for a checkpoint. The arrays are views. */
  saved(): SavedAbove {
    const { place, since, done, update, anchor } = this;
    return {
      ...place,
      since,
      work: done,
      ...(update && {
        waiting: { id: update.id, work: update.work, ...(update.isLeftBehind && { isLeftBehind: true }) },
      }),
      anchor,
      update: update?.message,
    };
  }

  /** @throws FtteError `checkpoint-damaged` if it does not fit the model */
  restore({ lineage, version, since, work, waiting, anchor, update }: SavedAbove): void {
    const { size } = this.layout;
    if (anchor.length !== size)
      throw new FtteError(
        'checkpoint-damaged',
        `above/anchor: expected ${size} parameters as the model has, got ${anchor.length}`,
      );
    this.place = { lineage, version };
    this.since = since;
    this.done = work;
    this.anchor.set(anchor);
    this.update = waiting && update && { ...waiting, message: update };
  }

  private *contentOf({
    message,
  }: WaitingAbove): Resumable<{ readonly segments: readonly Segment[]; readonly values: Float32Array }> {
    const { message: update } = decodeStored(message);
    if (update.type !== 'update')
      throw new FtteError('message-invalid', `expected an update, got a message of type ${update.type}`);
    yield* readTensor(update.delta);
    return { segments: planSegments(this.layout, update.plan), values: update.delta.values };
  }
}

/** Subtracts `b` from `values`, in place. */
function* subtract(values: Float32Array, b: Float32Array): Resumable<void> {
  for (let from = 0; from < values.length; from += stepNumbers) {
    const end = Math.min(values.length, from + stepNumbers);
    for (let i = from; i < end; i++) values[i]! -= b[i]!;
    yield;
  }
}

/** Shortens values to a norm, in place. @returns whether they were short enough */
function* clipTo(values: Float32Array, clip: number | undefined): Resumable<boolean> {
  if (clip === undefined) return true;
  let squares = 0;
  for (const value of values) squares += value * value;
  yield;
  const norm = Math.sqrt(squares);
  if (norm <= clip) return true;
  for (let i = 0; i < values.length; i++) values[i]! *= clip / norm;
  return false;
}
