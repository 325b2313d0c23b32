import { checkSegment } from '../../masking';
import { type ParameterLayout, type Plan, planSegments, type Segment, segmentsSize } from '../../model';
import { FtteError } from '../../platform';
import { copyValues, lengthOf, type RejectionReason, type Tensor, type Update } from '../../wire';
import type { SeenUpdates } from '../fleet/seen-updates';
import type { Abandoned } from '../model/abandoned';
import { DeltaPool } from './delta-pool';

/** The values that an update is compared with. */
export interface ValidationContext {
  readonly lineage: string;
  /** Newest version. */
  readonly version: number;
  readonly maxAge: number;
  readonly maxNorm: number;
  /** Versions that were rolled back: base versions strictly between the two are refused. */
  readonly abandoned: readonly Abandoned[];
  /** The sender's accepted updates; undefined if the sender is not known. */
  readonly seen: SeenUpdates | undefined;
  /** The committee that updates must be masked for; empty: there is none yet. Undefined: they have no masks. */
  readonly epoch?: string | undefined;
  /** Whether an update must have a counter, as in a federation with invitations (P-28). */
  readonly needsCounter: boolean;
}

/** The result of a check; `segments` are the coordinates of the update's plan, `delta` its values on them. */
export type Verdict =
  | { readonly status: 'accepted'; readonly segments: readonly Segment[]; readonly delta: Float32Array }
  | { readonly status: 'duplicate' }
  | { readonly status: 'rejected'; readonly reason: RejectionReason; readonly detail: string };

/** Checks updates: cheap checks first, with the exact reason and its numbers in the verdict. */
export class UpdateValidator {
  /** Coordinates of recent plans: gateways of one budget class send the same plan every time. */
  private recent: { key: string; segments: readonly Segment[] }[] = [];

  /** @param pool memory for the deltas of accepted updates */
  constructor(
    private readonly layout: ParameterLayout,
    private readonly pool = new DeltaPool(),
  ) {}

  /** Checks one update. A duplicate is one even if its base version is too old by now: it was counted. */
  check(update: Update & { readonly sender: string }, context: ValidationContext): Verdict {
    const { seen, lineage } = context;
    if (!seen) return reject('unknown-sender', `gateway ${update.sender} has not said hello yet`);
    if (update.lineage !== lineage) {
      return reject(
        'other-lineage',
        `expected lineage ${lineage}, got ${update.lineage}: the model was restarted`,
      );
    }
    return (
      known(update, seen) ??
      checkCounter(update, context) ??
      this.checkNumbers(update) ??
      checkMasks(update, context) ??
      this.checkBase(update, context) ??
      this.checkDelta(update, context)
    );
  }

  private checkNumbers({ samples, variance }: Update): Verdict | undefined {
    if (!(samples >= 1 && Number.isFinite(samples))) {
      return reject('malformed', `samples: expected at least 1, got ${samples}`);
    }
    if (!Number.isFinite(variance)) {
      return reject('not-finite', `variance: expected a finite number, got ${variance}`);
    }
    if (variance < 0) return reject('malformed', `variance: expected at least 0, got ${variance}`);
    return undefined;
  }

  private checkBase({ baseVersion }: Update, context: ValidationContext): Verdict | undefined {
    const { version, maxAge, abandoned } = context;
    if (baseVersion > version) {
      return reject(
        'future-version',
        `baseVersion: expected at most the newest version ${version}, got ${baseVersion}`,
      );
    }
    const age = version - baseVersion;
    if (age > maxAge) {
      return reject(
        'too-old',
        `age: expected at most ${maxAge} versions, got ${age} (baseVersion ${baseVersion})`,
      );
    }
    if (abandoned.some(({ after, before }) => baseVersion > after && baseVersion < before)) {
      return reject('too-old', `baseVersion: expected ${version}, got ${baseVersion}, which was rolled back`);
    }
    return undefined;
  }

  private checkDelta({ plan, delta, masks }: Update, { maxNorm }: ValidationContext): Verdict {
    let segments: readonly Segment[];
    try {
      segments = this.segmentsOf(plan);
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      return reject('plan-mismatch', error.message);
    }
    const planned = segmentsSize(segments);
    const size = planned + (masks ? checkSegment.length : 0);
    if (planned === 0) return reject('plan-mismatch', 'plan: expected at least one parameter, got none');
    const length = lengthOf(delta);
    if (length !== size) {
      return reject(
        'plan-mismatch',
        `delta: expected ${size} values as the plan has parameters, got ${length}`,
      );
    }
    const values = this.pool.take(size);
    // Masked numbers have no size.
    const fault = copied(delta, values) ?? (masks ? undefined : checkValues(values, maxNorm));
    if (!fault) return { status: 'accepted', segments, delta: values };
    this.pool.give(values);
    return fault;
  }

  private segmentsOf(plan: Plan): readonly Segment[] {
    const { tensors } = this.layout;
    const beyond = plan.entries.some(
      ({ tensor, channels = [] }) => channels.length > (tensors[tensor]?.inputChannels ?? 0),
    );
    // Half a million channels of a model that has eight are not worth a key; this throws with the reason.
    if (beyond) return planSegments(this.layout, plan);
    const key = JSON.stringify(plan.entries);
    const hit = this.recent.find((entry) => entry.key === key);
    if (hit) return hit.segments;
    const segments = planSegments(this.layout, plan);
    this.recent = [{ key, segments }, ...this.recent.slice(0, 7)];
    return segments;
  }
}

/** The verdict on an update that has counted before, or whose counter has (P-28, P-29). Undefined: it is new. */
function known(update: Update, seen: SeenUpdates): Verdict | undefined {
  switch (seen.judge(update)) {
    case 'counted':
      return { status: 'duplicate' };
    case 'conflict':
      return reject(
        'second-machine',
        `counter: another update has had ${update.counter}. Two machines use one key (a copied user directory), or a backup was restored: give the second machine its own key and an invitation`,
      );
    case 'behind':
      return reject('too-old', `counter: expected nearly ${seen.highestCounter}, got ${update.counter}`);
    case 'new':
      return undefined;
  }
}

/** Without a counter, an update could count again when its id is no longer remembered (P-28). */
function checkCounter({ counter }: Update, { needsCounter }: ValidationContext): Verdict | undefined {
  if (!needsCounter || counter !== undefined) return undefined;
  return reject(
    'malformed',
    "counter: expected one, because this federation has invitations (P-28), got none: update this gateway's package",
  );
}

/** The verdict on an update that has masks and should have none, or the reverse. */
function checkMasks({ masks, delta }: Update, { epoch }: ValidationContext): Verdict | undefined {
  const isMasked = delta.encoding === 'masked';
  if (epoch === undefined)
    return masks || isMasked ? reject('malformed', 'masks: expected none, as the task has it') : undefined;
  if (!masks || !isMasked)
    return reject('malformed', 'masks: expected some, because the task asks for masked updates, got none');
  if (masks.epoch === epoch) return undefined;
  return reject('too-old', `masks: expected those of committee ${epoch || 'to come'}, got ${masks.epoch}`);
}

function reject(reason: RejectionReason, detail: string): Verdict {
  return { status: 'rejected', reason, detail };
}

/** Copies the values. @returns the fault of those that are damaged */
function copied(delta: Tensor, into: Float32Array): Verdict | undefined {
  try {
    copyValues(delta, into);
    return undefined;
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return reject('malformed', `delta: ${error.message}`);
  }
}

/** The fault of values that are not finite, or together too large; undefined: there is none. */
function checkValues(values: Float32Array, maxNorm: number): Verdict | undefined {
  const squares = sumOfSquares(values);
  // The square of a float32 fits a double, so the sum is finite if and only if all values are.
  if (!Number.isFinite(squares)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    return reject('not-finite', `delta[${at}]: expected a finite number, got ${values[at]}`);
  }
  const norm = Math.sqrt(squares);
  if (norm > maxNorm) {
    return reject(
      'norm-exceeded',
      `norm of the delta: expected at most ${maxNorm}, got ${norm.toPrecision(4)}`,
    );
  }
  return undefined;
}

/** In four sums, because each addition to one of them waits for the one before. */
function sumOfSquares(values: Float32Array): number {
  const whole = values.length & ~3;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += values[i]! * values[i]!;
    b += values[i + 1]! * values[i + 1]!;
    c += values[i + 2]! * values[i + 2]!;
    d += values[i + 3]! * values[i + 3]!;
  }
  for (let i = whole; i < values.length; i++) a += values[i]! * values[i]!;
  return a + b + c + d;
}
