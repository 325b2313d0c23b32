import { randomBytes } from 'node:crypto';
import type { PrivateSteps } from '../../engine';
import {
  asFtteError,
  type Clock,
  counted,
  type FtteError,
  keyBytes,
  type YieldToEventLoop,
} from '../../platform';
import { type PrivateRound, privateRound, type RecordPrivacy, recordPrivacy, type Task } from '../../task';
import { PrivacyAccount } from './privacy-account';
import { PrivacyLedger } from './privacy-ledger';

/** Options of `PrivacyBudget`. */
export interface PrivacyBudgetOptions {
  /** Folder of the ledger. Absent: it is lost when the process ends. */
  readonly folder?: string | undefined;
  /** Absent: one of its own. */
  readonly account?: PrivacyAccount | undefined;
  /** Makes the key of a round's noise. Default: 32 bytes of the operating system. */
  readonly makeKey?: (() => Uint8Array) | undefined;
  readonly clock: Clock;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** Called when the budget allows no further round. @param text a sentence with the numbers */
  readonly onSpent: (text: string) => void;
  /** Called when the ledger cannot be trusted or read. No private round begins then. */
  readonly onLedger: (error: FtteError) => void;
  /** Called when the spent share may have changed. */
  readonly onChange: () => void;
}

/** The privacy budget of a gateway as a status shows it. */
export interface PrivacyStatus {
  /** Spent so far, by what is in the ledger. Undefined while it is being calculated. */
  readonly spentEpsilon: number | undefined;
  readonly epsilon: number;
  readonly delta: number;
  /** Rounds in the ledger. */
  readonly rounds: number;
  /** No further round begins. */
  readonly isSpent: boolean;
}

/**
 * Holds the rounds of a gateway to its privacy budget. Everything that this gateway has ever spent counts, whatever the
 * task was: a record may have been there all the time.
 */
export class PrivacyBudget {
  private readonly ledger: PrivacyLedger;
  private readonly account: PrivacyAccount;
  private distrust: FtteError | undefined;
  private spentEpsilon: number | undefined;
  /** The budget that allowed no round, and why. */
  private exhausted: { readonly name: string; readonly text: string } | undefined;

  constructor(private readonly options: PrivacyBudgetOptions) {
    this.ledger = new PrivacyLedger(options.folder);
    this.account = options.account ?? new PrivacyAccount(options.yieldToEventLoop);
  }

  /** Reads the ledger. Problems are reported. */
  async open(): Promise<void> {
    try {
      await this.ledger.open();
    } catch (error) {
      this.distrust = asFtteError(error, 'privacy-ledger');
      this.options.onLedger(this.distrust);
    }
  }

  /** Calculates what was spent before, for the status of a task. */
  async take(task: Pick<Task, 'privacy'>): Promise<void> {
    const privacy = recordPrivacy(task);
    if (!privacy || this.distrust) return;
    this.spentEpsilon = undefined;
    this.spentEpsilon = await this.account.spent(this.ledger.entries, privacy);
    this.options.onChange();
  }

  /** The reason why no private round begins, as a sentence; undefined: one may. */
  obstacle(task: Pick<Task, 'privacy'>): string | undefined {
    const privacy = recordPrivacy(task);
    if (!privacy) return undefined;
    if (this.distrust) return this.distrust.message;
    return this.exhausted?.name === nameOf(privacy) ? this.exhausted.text : undefined;
  }

  /** Undefined for a task without privacy of records: that of gateways is for the coordinator to count. */
  status(task: Pick<Task, 'privacy'> | undefined): PrivacyStatus | undefined {
    const privacy = task && recordPrivacy(task);
    if (!privacy) return undefined;
    const { epsilon, delta } = privacy;
    const isSpent = this.obstacle({ privacy }) !== undefined;
    return { spentEpsilon: this.spentEpsilon, epsilon, delta, rounds: this.ledger.entries.length, isSpent };
  }

  /**
   * Spends what a round costs, which is on disk when this resolves.
   * @param id of the round
   * @param count samples that are stored
   * @returns the settings of the round; undefined if the budget does not allow it
   * @throws FtteError `storage`; `privacy-ledger` if the ledger cannot be trusted
   */
  async spend(
    task: Task & { readonly privacy: RecordPrivacy },
    id: string,
    count: number,
  ): Promise<{ readonly steps: PrivateSteps; readonly round: PrivateRound } | undefined> {
    if (this.distrust) throw this.distrust;
    const { privacy } = task;
    const round = privateRound(task, count)!; // the task has privacy
    const { steps, rate, clip, batch } = round;
    const { epsilon, delta } = privacy;
    const noise = await this.account.noise({ epsilon, delta, rate, steps: steps * privacy.rounds });
    const spent =
      noise === undefined
        ? Number.POSITIVE_INFINITY
        : await this.account.spent([...this.ledger.entries, { noise, rate, steps }], privacy);
    if (noise === undefined || spent > epsilon) {
      const text =
        noise === undefined ? noRoundText(privacy) : spentText(privacy, this.ledger.entries.length);
      this.exhausted = { name: nameOf(privacy), text };
      this.options.onSpent(text);
      this.options.onChange();
      return undefined;
    }
    await this.ledger.add({ noise, rate, steps, clip, round: id, time: this.options.clock.now() });
    this.spentEpsilon = spent;
    this.options.onChange();
    const key = this.options.makeKey?.() ?? randomBytes(keyBytes);
    return { steps: { steps, rate, clip, noise, batch, key }, round };
  }
}

const nameOf = ({ epsilon, delta, rounds }: RecordPrivacy) => `${epsilon} ${delta} ${rounds}`;

const noRoundText = ({ epsilon, delta, rounds }: RecordPrivacy) =>
  `the privacy budget allows no round: no noise keeps epsilon ${epsilon} at delta ${delta} for ${counted(rounds, 'round')}. A task with fewer rounds (privacy.rounds) or a larger epsilon allows some`;

const spentText = ({ epsilon, delta }: RecordPrivacy, rounds: number) =>
  `the privacy budget of this gateway is spent: another round would exceed epsilon ${epsilon} at delta ${delta} after ${counted(rounds, 'round')}`;
