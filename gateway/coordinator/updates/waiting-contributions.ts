import { mostListed } from '../../masking';
import { type Clock, counted, type DiskWrites, FtteError } from '../../platform';
import type { Contribution } from '../aggregation/contribution';
import type { MaskedSums } from '../masking/masked-sums';
import type { UnpaidReason } from '../privacy';
import type { CoordinatorState } from '../state/coordinator-state';
import { ContributionBuffer } from './contribution-buffer';
import type { DeltaPool } from './delta-pool';
import { apartMs, FailedVersions, mostFailures } from './failed-versions';

/** Options of `WaitingContributions`. */
export interface WaitingContributionsOptions {
  readonly state: CoordinatorState;
  readonly clock: Clock;
  /** Opens the sums of masked updates. Absent: updates have no masks. */
  readonly sums?: MaskedSums | undefined;
  /** Whether contributions of a gateway count. */
  readonly counts?: ((gateway: string) => boolean) | undefined;
  /** Memory for waiting contributions. */
  readonly bufferBytes: number;
  /** Receives a warning about masked updates that count for nothing. */
  readonly onLost?: ((text: string) => void) | undefined;
  /** Receives a warning about updates that are given up, because versions of them fail. */
  readonly onGivenUp?: ((text: string) => void) | undefined;
  /** Receives a warning about privacy of gateways: the noise of versions, or updates that cannot be paid for. */
  readonly onPrivacy?: ((code: 'privacy-noise' | 'privacy-spent', text: string) => void) | undefined;
  /** The status has changed. */
  readonly onChange: () => void;
}

/**
 * Contributions that wait for the next version: which of them make one now, what their privacy costs, and what their masks hide.
 * Those that cannot be a part of any version are dropped, with a warning.
 */
export class WaitingContributions {
  readonly buffer = new ContributionBuffer();
  /** Contributions of the version that is written to the ledger of privacy at this time. */
  private paying: ReadonlySet<Contribution> = none;
  /** Contributions without masks, and paid for, of a version that could not be made. They are the next one. */
  private unmade: readonly Contribution[] = [];
  private readonly failures = new FailedVersions();

  /**
   * @param disk through which the ledger is written
   * @param pool takes the memory of what is dropped
   */
  constructor(
    private readonly options: WaitingContributionsOptions,
    private readonly disk: DiskWrites,
    private readonly pool: DeltaPool,
  ) {}

  /** Whether nothing waits for a version. */
  get isEmpty(): boolean {
    return this.buffer.size === 0 && this.unmade.length === 0;
  }

  /** Whether a version of what waits may be made at all. */
  get canMake(): boolean {
    return !this.isEmpty && !this.options.state.privacy?.problem;
  }

  /** Whether the rule asks for no more; what waits may still be of too few gateways for a masked sum. */
  get isEnough(): boolean {
    return this.canMake && this.options.state.ready(this.buffer.contributions) > 0;
  }

  /** The number of contributions that make a version now: those the rule asks for, or all if memory runs out. */
  get due(): number {
    const { size, bytes, contributions } = this.buffer;
    if (!this.canMake) return 0;
    if (this.unmade.length > 0) return this.unmade.length;
    const { state, sums, bufferBytes } = this.options;
    const ready = state.ready(contributions);
    if (sums) return ready === 0 ? 0 : sums.openable(contributions, ready).length;
    if (ready > 0) return ready;
    return bytes > bufferBytes / 2 || (this.isHeldBack && state.isOfEnough(contributions)) ? size : 0;
  }

  /** Whether gateways are refused another update as long as these wait, so that the buffer may never fill. */
  private get isHeldBack(): boolean {
    const { state, bufferBytes } = this.options;
    if (state.sharers === undefined) return false;
    const { bytes, contributions } = this.buffer;
    const largest = contributions.reduce((most, { delta }) => Math.max(most, delta.byteLength), 0);
    return bytes + largest > partOfRepeated * bufferBytes;
  }

  /** All contributions that wait, or as many as make one masked sum; 0 if these are of too few gateways. */
  get all(): number {
    const { size, contributions } = this.buffer;
    if (this.unmade.length > 0) return this.unmade.length;
    const { sums } = this.options;
    return sums ? sums.openable(contributions, Math.min(size, mostListed)).length : size;
  }

  /** The reason why no version could be made of the contributions that wait. */
  get hindrance(): FtteError {
    const { state, sums } = this.options;
    const problem = state.privacy?.problem ?? this.disk.problem;
    if (problem) return problem;
    const text = sums
      ? 'the sum of the masked updates that wait cannot be opened now'
      : 'the privacy budget of the gateways whose updates waited is spent';
    return new FtteError('not-ready', text);
  }

  /**
   * The reason why another update of a gateway cannot wait here; undefined: it can.
   * @param own updates of it that arrived and are not in the buffer yet
   * @param bytes memory for all that waits, with this one; 0: nothing else waits
   */
  noRoomFor(gateway: string, own: number, bytes: number): string | undefined {
    const { sums, bufferBytes, state } = this.options;
    if (bytes > bufferBytes) return 'its memory for updates that wait is full';
    const { sharers } = state;
    if (!sums && sharers === undefined) return undefined;
    // A sum, and protection, need several gateways: what waits of one must leave room for the others.
    const waiting = own + this.buffer.count(gateway);
    if (sums)
      return waiting >= mostListed
        ? `${mostListed} masked updates of this gateway wait for those of others`
        : undefined;
    const most = Math.max(usualOfOne, Math.ceil(state.capacity / (sharers ?? 1)));
    return waiting >= most || (waiting > 0 && bytes > partOfRepeated * bufferBytes)
      ? `${counted(waiting, 'update')} of this gateway ${waiting === 1 ? 'waits' : 'wait'} for those of others`
      : undefined;
  }

  /** Puts contributions of the journal back. */
  recall(contributions: readonly Contribution[], nowMs: number): void {
    const { state, onPrivacy } = this.options;
    for (const contribution of contributions) {
      state.recall(contribution, nowMs);
      this.buffer.add(contribution);
    }
    if (state.privacy?.followsPlainModel && this.buffer.size > 0) {
      const dropped = this.dropAll();
      // No later start finds them in the journal.
      state.leaveWaiting();
      const why = 'they are from before the task had privacy of gateways, and nobody has paid for them';
      onPrivacy?.('privacy-spent', `${droppedText(dropped)}: ${why}`);
    }
    this.tidy();
  }

  /** Drops all that can be a part of no version, before it is counted what waits. */
  tidy(): void {
    this.dropOutdated();
    this.discard();
  }

  /** Drops those of gateways that do not count any more. @returns how many */
  discard(): number {
    const { counts, onChange } = this.options;
    if (!counts) return 0;
    // What is being paid for is in the next version already.
    const dropped = this.drop((one) => !this.paying.has(one) && !counts(one.gateway));
    const all = dropped.length + this.discardUnmade(counts);
    if (all > 0) onChange();
    return all;
  }

  /** Drops an opened sum with an update of a gateway that does not count any more: nobody can take it out. @returns how many */
  private discardUnmade(counts: (gateway: string) => boolean): number {
    const { unmade } = this;
    if (unmade.every(({ gateway }) => counts(gateway))) return 0;
    this.unmade = [];
    this.options.onLost?.(
      `${droppedText(unmade)}: their sum holds an update of a gateway that was taken out of the federation`,
    );
    return unmade.length;
  }

  /** Drops all of them. */
  dropAll(): readonly Contribution[] {
    const { unmade } = this;
    this.unmade = [];
    return [...unmade, ...this.drop(() => true)];
  }

  /**
   * Puts the contributions of a version that could not be made back: they are the oldest again. Those of gateways that do not
   * count any more are dropped, and so are those that several versions in a row have failed with.
   * @param why the reason of the failure
   * @returns those that are given up for their failures
   */
  putBack(contributions: readonly Contribution[], why: string): readonly Contribution[] {
    // Without their masks they are a part of no other sum.
    if (this.options.sums) this.unmade = contributions;
    else this.buffer.putBack(contributions);
    this.discard();
    const failing = new Set(this.failures.failed(contributions, this.options.clock.now()));
    const opened = this.unmade.filter((one) => failing.has(one));
    if (opened.length > 0) this.unmade = [];
    const givenUp = [...opened, ...this.drop((one) => failing.has(one))];
    if (givenUp.length > 0)
      this.options.onGivenUp?.(
        `${droppedText(givenUp)}: ${mostFailures} attempts at a version with them failed, ${apartMs / 1000} s or more apart (${why})`,
      );
    return givenUp;
  }

  /** A version was made: those that failed before it are no sign of a contribution that cannot be used. */
  made(): void {
    this.failures.made();
  }

  /** Drops masked updates that nobody can open any more, and in a task with masks those that have none. */
  private dropOutdated(): void {
    const { sums, onLost, onChange } = this.options;
    const { contributions } = this.buffer;
    const outdated = sums ? sums.outdated(contributions) : contributions.filter(({ masks }) => masks);
    if (outdated.length === 0) return;
    const out = new Set(outdated);
    this.drop((one) => out.has(one));
    const why = sums
      ? 'they are not masked for the committee of helpers that there is now'
      : 'they have masks, which the task does not ask for any more';
    onLost?.(`${droppedText(outdated)}: ${why}`);
    onChange();
  }

  /** Takes the oldest contributions, paid for and without masks. Undefined if one of the two is not possible. */
  async take(count: number): Promise<readonly Contribution[] | undefined> {
    const { unmade } = this;
    this.unmade = [];
    if (unmade.length > 0) return unmade;
    try {
      return (await this.pay(count)) ? await this.takeOpened(count) : undefined;
    } finally {
      this.paying = none;
      // A gateway may have been excluded while that was written.
      this.discard();
    }
  }

  /** The oldest contributions, without masks. Undefined if these cannot be taken off now, or never. */
  private async takeOpened(count: number): Promise<readonly Contribution[] | undefined> {
    const { sums, onChange } = this.options;
    if (!sums) return this.buffer.take(count);
    const wanted = sums.openable(this.buffer.contributions, count);
    const opened = wanted.length > 0 ? await sums.open(wanted) : undefined;
    // A gateway may have been excluded meanwhile.
    if (!opened || !wanted.every((one) => this.buffer.contributions.includes(one))) return undefined;
    this.drop((one) => wanted.includes(one));
    onChange();
    return opened.kind === 'opened' ? opened.contributions : undefined;
  }

  /**
   * Writes what a version spends of the privacy of its gateways. Contributions that cannot be paid for are dropped first: that
   * of a gateway whose last round was paid for in a version that never came.
   * @returns whether the version may be made
   */
  private async pay(count: number): Promise<boolean> {
    const { state, onPrivacy } = this.options;
    const { privacy } = state;
    if (!privacy) return true;
    if (privacy.problem) return false;
    const unpaid = privacy.unpaid(this.buffer.contributions.slice(0, count));
    if (unpaid.size > 0) {
      this.drop((one) => unpaid.has(one));
      this.sayUnpaid(unpaid);
      return this.pay(Math.min(count, this.buffer.size));
    }
    const paid = this.buffer.contributions.slice(0, count);
    if (paid.length === 0) return false;
    this.paying = new Set(paid);
    if (!(await this.disk.write(() => privacy.pay(paid, state.version + 1, state.lineage)))) return false;
    const warning = privacy.entries.at(-1)?.begins ? privacy.warning : undefined;
    if (warning !== undefined) onPrivacy?.('privacy-noise', warning);
    return true;
  }

  private sayUnpaid(unpaid: ReadonlyMap<Contribution, UnpaidReason>): void {
    for (const [reason, why] of Object.entries(unpaidTexts)) {
      const dropped = [...unpaid.keys()].filter((one) => unpaid.get(one) === reason);
      if (dropped.length > 0) this.options.onPrivacy?.('privacy-spent', `${droppedText(dropped)}: ${why}`);
    }
  }

  private drop(goes: (contribution: Contribution) => boolean): readonly Contribution[] {
    const dropped = this.buffer.keep((one) => !goes(one));
    for (const { delta } of dropped) this.pool.give(delta);
    return dropped;
  }
}

const none: ReadonlySet<Contribution> = new Set();

const unpaidTexts: Readonly<Record<UnpaidReason, string>> = {
  spent: 'a version that was interrupted has spent the rest of their privacy budget',
  repeated: 'their privacy budget pays for one update in a version',
};

/** Updates of one gateway that wait at most, where they must leave room for others; more if a buffer needs more of each. */
const usualOfOne = 32;
/** Share of the memory for waiting updates up to which more than one of a gateway may wait: less than the half that makes a version. */
const partOfRepeated = 0.25;
/** Gateways that a sentence names at most. */
const mostNamed = 5;

function droppedText(contributions: Iterable<Contribution>): string {
  const names = [...new Set([...contributions].map(({ gateway }) => gateway))];
  const named = names.slice(0, mostNamed).join(', ');
  const others = names.length > mostNamed ? ` and ${names.length - mostNamed} others` : '';
  return `updates of ${named}${others} that waited are dropped`;
}
