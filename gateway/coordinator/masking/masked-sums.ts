import {
  decodeFromGateway,
  levelStep,
  mostListed,
  nameOf,
  type OpenedSum,
  Opening,
  type OpeningList,
} from '../../masking';
import { portionsOf, type Segment, sameSegments, segmentsSize } from '../../model';
import { type Resumable, runAsync, runSync, type Timer, type YieldToEventLoop } from '../../platform';
import { maskedFactor, type Task } from '../../task';
import type { Contribution } from '../aggregation/contribution';
import { HelperBoard, type HelperBoardOptions } from './helper-board';

/** Options of `MaskedSums`. */
export interface MaskedSumsOptions extends Omit<HelperBoardOptions, 'onCommittee' | 'onHelper'> {
  readonly task: Task;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** A sum may be opened now that could not before. */
  readonly onChange: () => void;
  /** Helpers are away, so that a version waits. @param text for a person */
  readonly onWaiting: (text: string) => void;
  /** Updates are lost, because their sum can never be opened. @param text for a person */
  readonly onLost: (text: string) => void;
}

/** Time for which a version waits for its helpers at a time; meanwhile no update is acknowledged. */
const waitMs = 10_000;

/** The result of opening a sum: contributions whose deltas are their mean, or those that are lost; undefined: later. */
export type OpenedBuffer =
  | { readonly kind: 'opened'; readonly contributions: readonly Contribution[] }
  | { readonly kind: 'lost'; readonly contributions: readonly Contribution[] }
  | undefined;

/** Opens the sums of buffers with the helpers of the committee. */
export class MaskedSums {
  readonly board: HelperBoard;
  private opening: Opening | undefined;
  private settle: (() => void) | undefined;
  private timer: Timer | undefined;
  private isStopped = false;

  constructor(private readonly options: MaskedSumsOptions) {
    this.board = new HelperBoard({
      ...options,
      onHelper: () => options.onChange(),
      onCommittee: () => {
        this.opening = undefined;
        this.settle?.();
        options.onChange();
      },
    });
  }

  stop(): void {
    this.isStopped = true;
    this.board.stop();
    this.settle?.();
  }

  /** Takes what a gateway has said. @throws FtteError `message-invalid` */
  take(gateway: string, content: Uint8Array): void {
    const said = decodeFromGateway(content);
    const { board, opening } = this;
    if (said.kind === 'offer') board.offered(gateway, said.offer);
    else if (said.kind === 'deposit') board.deposited(gateway, said.deposit);
    if (said.kind === 'offer' || said.kind === 'deposit') return;
    const helper = board.committee?.indexOf(gateway) ?? -1;
    if (said.kind === 'held' || helper < 0 || said.epoch !== board.committee?.epoch) return;
    if (!opening || said.digest !== opening.digest) return;
    if (said.kind === 'vote') this.send(opening.takeVote(helper, said.signature));
    else if (said.kind === 'share') opening.takeShare(helper, said.responders, said.share);
    else if (said.reason === 'unknown') this.send(opening.forgotten(helper));
    else this.send(opening.takeRefusal(helper, said.text));
    if (opening.stage !== 'votes' && opening.stage !== 'shares') this.settle?.();
  }

  /** The number of the oldest of these contributions that can be opened together; 0: too few gateways. */
  openable(contributions: readonly Contribution[], wanted: number): number {
    const fewest = this.board.committee?.fewest;
    if (fewest === undefined) return 0;
    // Helpers sign one list with an update: one that some have signed stays as it is.
    const { entries = [] } = this.opening?.list ?? {};
    if (entries.length > 0 && entries.every(({ update }, i) => contributions[i]?.id === update))
      return entries.length;
    for (let count = wanted; count <= Math.min(mostListed, contributions.length); count++)
      if (new Set(contributions.slice(0, count).map(({ gateway }) => gateway)).size >= fewest) return count;
    return 0;
  }

  /** Those that were masked for another committee, and can never be opened. */
  outdated(contributions: readonly Contribution[]): Contribution[] {
    const epoch = this.board.committee?.epoch;
    return contributions.filter(({ masks }) => masks?.epoch !== epoch);
  }

  /** Opens the sum of these contributions. */
  async open(contributions: readonly Contribution[]): Promise<OpenedBuffer> {
    const { committee } = this.board;
    if (!committee || this.isStopped) return undefined;
    const list = listOf(contributions, committee.epoch);
    const next = new Opening(committee, list);
    const opening = this.opening?.digest === next.digest ? this.opening : next;
    this.opening = opening;
    const { isOnline } = this.options;
    committee.content.helpers.forEach(({ gateway }, helper) => {
      this.send(isOnline(gateway) ? opening.returned(helper) : opening.lost(helper));
    });
    const deltas = new Map(contributions.map((one, i) => [nameOf(list.entries[i]!), one.delta]));
    const lost = { kind: 'lost', contributions } as const;
    for (;;) {
      await this.answers(opening);
      if (this.isStopped || this.board.committee !== committee) return undefined;
      if (opening.stage === 'impossible' || opening.stage === 'wrong') {
        this.options.onLost(opening.reasons[0] ?? 'shares of helpers do not fit');
        return lost;
      }
      if (opening.stage !== 'ready') {
        const names = opening.silent.map((helper) => committee.content.helpers[helper]!.gateway);
        this.options.onWaiting(`${names.join(', ') || 'helpers'} did not answer`);
        return undefined;
      }
      const sum = await this.run(opening.open((name) => deltas.get(name)!));
      if (sum) {
        this.opening = undefined;
        const opened = await this.run(meanOf(sum, contributions, this.options.task));
        return { kind: 'opened', contributions: opened };
      }
      this.send(opening.retry());
    }
  }

  /** Resolves when the opening has come to an end, or after a while. */
  private async answers(opening: Opening): Promise<void> {
    if (opening.stage !== 'votes' && opening.stage !== 'shares') return;
    await new Promise<void>((resolve) => {
      this.settle = resolve;
      this.timer = this.options.clock.after(waitMs, resolve);
    });
    this.timer?.cancel();
    this.settle = undefined;
  }

  private send(requests: ReturnType<Opening['begin']>): void {
    const { epoch = '' } = this.board.committee ?? {};
    for (const { helper, request } of requests) this.board.tell(helper, { ...request, epoch });
  }

  private run<T>(steps: Resumable<T>): Promise<T> {
    const { yieldToEventLoop } = this.options;
    return yieldToEventLoop ? runAsync(steps, yieldToEventLoop) : Promise.resolve(runSync(steps));
  }
}

function listOf(contributions: readonly Contribution[], epoch: string): OpeningList {
  const plans: (readonly Segment[])[] = [];
  const entries = contributions.map(({ gateway, id, masks, segments }) => {
    const known = plans.findIndex((plan) => sameSegments(plan, segments));
    const plan = known < 0 ? plans.push(segments) - 1 : known;
    return { gateway, setup: masks?.setup ?? '', update: id, plan };
  });
  return { epoch, entries, plans };
}

/**
 * The contributions with the opened mean in the place of their deltas: whatever weights a rule gives them, their weighted
 * mean is that one. Coordinates that were not opened are in no plan of theirs.
 */
function* meanOf(
  { segments, sums }: OpenedSum,
  contributions: readonly Contribution[],
  task: Task,
): Resumable<Contribution[]> {
  const size = segments.reduce((end, one) => Math.max(end, one.offset + one.length), 0);
  const mean = new Float32Array(size);
  const weights = new Float64Array(size);
  for (const contribution of contributions) {
    const factor = maskedFactor(task, contribution.samples);
    for (const portion of portionsOf(contribution.segments))
      for (const { offset, length } of portion)
        for (let i = offset, end = Math.min(size, offset + length); i < end; i++) weights[i]! += factor;
    yield;
  }
  let at = 0;
  const isOpen = new Uint8Array(size);
  for (const portion of portionsOf(segments)) {
    for (const { offset, length } of portion)
      for (let i = offset; i < offset + length; i++) {
        mean[i] = (sums[at++]! * levelStep) / weights[i]!;
        isOpen[i] = 1;
      }
    yield;
  }
  const known = new Map<readonly Segment[], Segment[]>();
  const opened: Contribution[] = [];
  for (const contribution of contributions) {
    const own = known.get(contribution.segments) ?? within(contribution.segments, isOpen);
    known.set(contribution.segments, own);
    const delta = new Float32Array(segmentsSize(own));
    let place = 0;
    for (const { offset, length } of own) {
      delta.set(mean.subarray(offset, offset + length), place);
      place += length;
    }
    opened.push({ ...contribution, segments: own, delta });
    yield;
  }
  return opened;
}

/** The coordinates of a plan that are open. */
function within(plan: readonly Segment[], isOpen: Uint8Array): Segment[] {
  const found: { offset: number; length: number }[] = [];
  for (const { offset, length } of plan)
    for (let i = offset; i < offset + length; i++) {
      if (!isOpen[i]) continue;
      const last = found.at(-1);
      if (last && last.offset + last.length === i) last.length++;
      else found.push({ offset: i, length: 1 });
    }
  return found;
}
