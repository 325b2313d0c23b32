import { type Clock, type DiskWrites, FtteError, runAsync, type YieldToEventLoop } from '../../platform';
import { type Ack, type Evaluation, lengthOf, type Message, readTensor } from '../../wire';
import type { Contribution } from '../aggregation/contribution';
import type { Membership } from '../fleet/membership';
import type { CoordinatorState } from '../state/coordinator-state';
import type { JournalEntry, ModelStore } from '../storage';
import { clampReportedWork } from './clamp-reported-work';
import type { ContributionBuffer } from './contribution-buffer';
import type { DeltaPool } from './delta-pool';
import { UpdateValidator, type Verdict } from './update-validator';

/** Options of `UpdateAdmission`. */
export interface UpdateAdmissionOptions {
  readonly state: CoordinatorState;
  readonly membership: Membership;
  readonly modelStore: ModelStore;
  readonly clock: Clock;
  readonly disk: DiskWrites;
  /** Accepted contributions wait here for their version. */
  readonly buffer: ContributionBuffer;
  /** Memory of their deltas. */
  readonly pool: DeltaPool;
  /** The committee that updates must be masked for, see `ValidationContext`. */
  readonly epoch?: (() => string | undefined) | undefined;
  /** Whether updates must have a counter. */
  readonly needsCounter: boolean;
  /** Yields to the event loop between updates that take long to read. Absent: they are read without a pause. */
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Takes what a gateway has measured of the base version of its update. */
  readonly onEvaluation?: ((gateway: string, version: number, evaluation: Evaluation) => void) | undefined;
  /** Acknowledges an update; an accepted one is on disk by then. */
  readonly answer: (update: Message<'update'>, verdict: Omit<Ack, 'type' | 'id' | 'version'>) => void;
}

/** The verdict on an update that cannot be kept now: its gateway keeps it, and knows why. */
export function notStored(problem: FtteError | undefined): { status: 'not-stored'; detail: string } {
  const code = String(problem?.details.reason ?? '');
  return {
    status: 'not-stored',
    detail: `its ${problem?.details.place ? 'log' : 'disk'} ${reasons[code] ?? `does not work (${code || 'unknown'})`}`,
  };
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'is full',
  EDQUOT: 'is full',
  EROFS: 'is read-only',
  unreachable: 'cannot be reached',
  slow: 'does not answer in time',
  deposed: 'has another leader',
  login: 'refuses the login of the coordinator',
  rights: 'refuses what the coordinator has to write',
  schema: 'is of another version of the package',
  missing: 'has lost something',
};

/** An update, and its size on the wire. */
export interface Incoming {
  readonly update: Message<'update'>;
  readonly bytes: number;
}

/** Makes contributions of valid updates: on disk first, then in the buffer and acknowledged. */
export class UpdateAdmission {
  private readonly validator: UpdateValidator;

  constructor(private readonly options: UpdateAdmissionOptions) {
    this.validator = new UpdateValidator(options.state.layout, options.pool);
  }

  /** Checks the batch, writes the accepted updates with one sync, and only then acknowledges. */
  async admit(batch: readonly Incoming[]): Promise<void> {
    const { state, modelStore, clock, disk, buffer, pool, onEvaluation, answer } = this.options;
    for (const { update } of batch) await this.read(update);
    const taken = new Set<string>();
    const judged = batch.map((incoming) => {
      const result = this.judge(incoming, taken);
      if (result.contribution) taken.add(incoming.update.sender);
      return { ...incoming, ...result };
    });
    const fresh: JournalEntry[] = [];
    for (const { update, contribution } of judged) {
      const { form } = update.delta;
      if (contribution) fresh.push({ lineage: state.lineage, contribution, form });
    }
    let written = true;
    const copies = new Set<Contribution>();
    if (fresh.length > 0) {
      written = await disk.write(async () => {
        for (const { contribution } of await modelStore.record(fresh)) copies.add(contribution);
      });
      for (const { contribution } of fresh) {
        if (copies.has(contribution)) pool.give(contribution.delta);
        else if (written) state.count(contribution, clock.now());
        else {
          this.options.membership.get(contribution.gateway)?.seen.delete(contribution);
          pool.give(contribution.delta);
        }
      }
    }
    for (const { update, verdict, contribution } of judged) {
      // The log knows what the list of gateways has forgotten.
      if (contribution && copies.has(contribution)) {
        answer(update, { status: 'duplicate' });
        continue;
      }
      if (contribution && written) {
        buffer.add(contribution);
        if (update.evaluation) onEvaluation?.(update.sender, update.baseVersion, update.evaluation);
      }
      if (verdict.status === 'rejected') {
        state.countRejection(verdict.reason);
        answer(update, { status: verdict.status, reason: verdict.reason, detail: verdict.detail });
      } else if (written) answer(update, { status: verdict.status });
      else answer(update, notStored(disk.problem));
    }
  }

  /** Reads an update that is not larger than the model, with pauses. That one is damaged is for the validator to say. */
  private async read({ delta }: Message<'update'>): Promise<void> {
    const { yieldToEventLoop, state } = this.options;
    if (!yieldToEventLoop || lengthOf(delta) > state.layout.size) return;
    try {
      await runAsync(readTensor(delta), yieldToEventLoop);
    } catch (error) {
      if (!(error instanceof FtteError)) throw error;
    }
  }

  /** @param taken gateways with an update before it that was accepted together with it */
  private judge(
    { update, bytes }: Incoming,
    taken: ReadonlySet<string>,
  ): { verdict: Verdict; contribution: Contribution | undefined } {
    const { state, membership } = this.options;
    const { maxNorm } = state.task.aggregation;
    const { lineage, version, maxAge, abandoned } = state;
    const seen = membership.get(update.sender)?.seen;
    const { needsCounter } = this.options;
    const epoch = this.options.epoch?.();
    const context = { lineage, version, maxAge, maxNorm, abandoned, seen, needsCounter, epoch };
    const verdict = this.validator.check(update, context);
    if (verdict.status !== 'accepted') return { verdict, contribution: undefined };
    const isWaiting = taken.has(update.sender) || this.options.buffer.has(update.sender);
    const refusal =
      state.robustness.refusalOf(update.sender, verdict.delta, version, membership.online) ??
      state.privacy?.refusalOf(update.sender, isWaiting);
    if (refusal) {
      this.options.pool.give(verdict.delta);
      return { verdict: { status: 'rejected', ...refusal }, contribution: undefined };
    }
    // Known from now on, so that a second copy in the same batch is a duplicate.
    seen?.add(update);
    const { id, counter, sender, baseVersion, variance, masks } = update;
    const losses = { lossBefore: finite(update.lossBefore), lossAfter: finite(update.lossAfter) };
    const work = clampReportedWork(update, state.task.training);
    const numbers = { baseVersion, ...work, variance, bytes, ...losses, ...(masks && { masks }) };
    const sequence = state.takeSequence();
    const { segments, delta } = verdict;
    return { verdict, contribution: { sequence, id, gateway: sender, counter, ...numbers, segments, delta } };
  }
}

/** Only reported, and no reason to refuse an update. */
const finite = (value: number) => (Number.isFinite(value) ? value : undefined);
