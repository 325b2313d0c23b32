import { type ParameterLayout, type Plan, planSegments, type Segment, segmentsSize } from '../../model';
import { FtteError } from '../../platform';
import type { RejectionReason, Update } from '../../wire';
import type { SeenIds } from '../fleet/seen-ids';
import type { Abandoned } from '../model/abandoned';

/** What the intake holds an update against. */
export interface ValidationContext {
  readonly lineage: string;
  /** Newest version. */
  readonly version: number;
  readonly maxAge: number;
  readonly maxNorm: number;
  /** Versions that were rolled back: bases strictly between the two. */
  readonly abandoned: readonly Abandoned[];
  /** Ids known from the sender; undefined where the sender is not known. */
  readonly seen: SeenIds | undefined;
}

export type Verdict =
  | { readonly status: 'accepted'; readonly segments: readonly Segment[] }
  | { readonly status: 'duplicate' }
  | { readonly status: 'rejected'; readonly reason: RejectionReason; readonly detail: string };

/** Checks one update: the cheap questions first, the exact reason and the numbers behind it in the answer. */
export class UpdateValidator {
  /** Gateways of a budget class send the same plan again and again. */
  private known: { key: string; segments: readonly Segment[] }[] = [];

  constructor(private readonly layout: ParameterLayout) {}

  /** A duplicate is one whatever became of its base version since: it was counted. */
  check(update: Update & { readonly sender: string }, context: ValidationContext): Verdict {
    const { seen, lineage } = context;
    if (!seen) return reject('unknown-sender', `gateway ${update.sender} has not said hello yet`);
    if (update.lineage !== lineage) {
      return reject(
        'other-lineage',
        `lineage is ${update.lineage}, wanted ${lineage}: the model started anew`,
      );
    }
    if (seen.has(update.id)) return { status: 'duplicate' };
    return this.checkNumbers(update) ?? this.checkBase(update, context) ?? this.checkDelta(update, context);
  }

  private checkNumbers({ samples, variance }: Update): Verdict | undefined {
    if (!(samples >= 1 && Number.isFinite(samples))) {
      return reject('malformed', `samples is ${samples}, wanted at least 1`);
    }
    if (!Number.isFinite(variance)) {
      return reject('not-finite', `variance is ${variance}, wanted a finite number`);
    }
    if (variance < 0) return reject('malformed', `variance is ${variance}, wanted at least 0`);
    return undefined;
  }

  private checkBase({ baseVersion }: Update, context: ValidationContext): Verdict | undefined {
    const { version, maxAge, abandoned } = context;
    if (baseVersion > version) {
      return reject('future-version', `baseVersion is ${baseVersion}, the newest version is ${version}`);
    }
    const age = version - baseVersion;
    if (age > maxAge) {
      return reject(
        'too-old',
        `age is ${age} versions (baseVersion ${baseVersion}), wanted at most ${maxAge}`,
      );
    }
    if (abandoned.some(({ after, before }) => baseVersion > after && baseVersion < before)) {
      return reject(
        'too-old',
        `baseVersion ${baseVersion} was rolled back, wanted a base from version ${version}`,
      );
    }
    return undefined;
  }

  private checkDelta({ plan, delta }: Update, { maxNorm }: ValidationContext): Verdict {
    let segments: readonly Segment[];
    try {
      segments = this.segmentsOf(plan);
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
      return reject('plan-mismatch', error.message);
    }
    const size = segmentsSize(segments);
    if (size === 0) return reject('plan-mismatch', 'plan names no parameters, wanted at least one');
    if (delta.values.length !== size) {
      return reject('plan-mismatch', `delta has ${delta.values.length} values, the plan names ${size}`);
    }
    let squares = 0;
    for (let i = 0; i < delta.values.length; i++) squares += delta.values[i]! * delta.values[i]!;
    // A float32 squared fits a double, so the sum is finite exactly where all values are.
    if (!Number.isFinite(squares)) {
      const at = delta.values.findIndex((value) => !Number.isFinite(value));
      return reject('not-finite', `delta[${at}] is ${delta.values[at]}, wanted finite numbers`);
    }
    const norm = Math.sqrt(squares);
    if (norm > maxNorm) {
      return reject(
        'norm-exceeded',
        `norm of the delta is ${norm.toPrecision(4)}, wanted at most ${maxNorm}`,
      );
    }
    return { status: 'accepted', segments };
  }

  private segmentsOf(plan: Plan): readonly Segment[] {
    const { tensors } = this.layout;
    const beyond = plan.entries.some(
      ({ tensor, channels = [] }) => channels.length > (tensors[tensor]?.inputChannels ?? 0),
    );
    // Half a million channels of a model that has eight are not worth a key: this says what is wrong with them.
    if (beyond) return planSegments(this.layout, plan);
    const key = JSON.stringify(plan.entries);
    const hit = this.known.find((entry) => entry.key === key);
    if (hit) return hit.segments;
    const segments = planSegments(this.layout, plan);
    this.known = [{ key, segments }, ...this.known.slice(0, 7)];
    return segments;
  }
}

function reject(reason: RejectionReason, detail: string): Verdict {
  return { status: 'rejected', reason, detail };
}
