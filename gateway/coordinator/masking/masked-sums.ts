import { decodeFromGateway, type HelperAnswer, nameOf, Opening, type OpeningList } from '../../masking';
import { type Segment, sameSegments } from '../../model';
import { type Resumable, runAsync, runSync, type Timer, type YieldToEventLoop } from '../../platform';
import type { Task } from '../../task';
import type { Contribution } from '../aggregation/contribution';
import { HelperBoard, type HelperBoardOptions, patienceMs } from './helper-board';
import { meanOf } from './mean-of-sum';
import { chooseForSum } from './sum-choice';

/** Options of `MaskedSums`. */
export interface MaskedSumsOptions
  extends Omit<HelperBoardOptions, 'onCommittee' | 'onHelper' | 'onLacking'> {
  readonly task: Task;
  readonly yieldToEventLoop?: YieldToEventLoop | undefined;
  /** A sum may be opened now that could not before. */
  readonly onChange: () => void;
  /** Helpers or gateways are away, so that a version waits. @param text for a person */
  readonly onWaiting: (text: string) => void;
  /** Updates are lost, because their sum can never be opened. @param text for a person */
  readonly onLost: (text: string) => void;
}

/** Time for which a version waits for its helpers at a time; meanwhile no update is acknowledged. */
export const waitMs = 10_000;

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
  /** Helpers that have left requests for shares without an answer. */
  private readonly slow = new Set<number>();
  /** Runs while updates wait that are of too few gateways. */
  private waitTimer: Timer | undefined;
  /** Gateways whose updates wait then. */
  private waitingGateways = 0;
  private isStopped = false;

  constructor(private readonly options: MaskedSumsOptions) {
    this.board = new HelperBoard({
      ...options,
      onHelper: () => options.onChange(),
      onLacking: (text) => options.onWaiting(text),
      onCommittee: () => {
        this.opening = undefined;
        this.slow.clear();
        this.settle?.();
        options.onChange();
      },
    });
  }

  stop(): void {
    this.isStopped = true;
    this.board.stop();
    this.cancelWait();
    this.settle?.();
  }

  /** Takes what a gateway has said. @throws FtteError `message-invalid` */
  take(gateway: string, content: Uint8Array): void {
    const said = decodeFromGateway(content);
    const { board } = this;
    if (said.kind === 'offer') board.offered(gateway, said.offer);
    else if (said.kind === 'deposit') board.deposited(gateway, said.deposit);
    if (said.kind === 'offer' || said.kind === 'deposit') return;
    const helper = board.committee?.indexOf(gateway) ?? -1;
    if (helper < 0 || said.epoch !== board.committee?.epoch) return;
    if (said.kind === 'held') board.held(helper, said.gateway, said.setup);
    else this.takeAnswer(helper, said);
  }

  private takeAnswer(helper: number, said: HelperAnswer): void {
    const { board, opening } = this;
    if (said.kind === 'refused' && said.reason === 'full') board.filled(helper);
    if (!opening || said.digest !== opening.digest) return;
    if (said.kind === 'vote') this.send(opening.takeVote(helper, said.signature));
    else if (said.kind === 'share') {
      this.slow.delete(helper);
      opening.takeShare(helper, said.responders, said.share);
    } else if (said.reason === 'unknown') this.send(opening.forgotten(helper));
    else this.send(opening.takeRefusal(helper, said.text));
    if (opening.stage === 'votes' || opening.stage === 'shares') return;
    if (this.settle) this.settle();
    // An answer that came after a version had stopped waiting for it.
    else this.options.onChange();
  }

  /** The contributions that are to be opened together, oldest first; none if they are of too few gateways. */
  openable(contributions: readonly Contribution[], wanted: number): readonly Contribution[] {
    const fewest = this.board.committee?.fewest;
    if (fewest === undefined) return [];
    // Helpers sign one list with an update: one that some have signed stays as it is.
    const { entries = [] } = this.opening?.list ?? {};
    const begun = entries.map(({ update }) => contributions.find(({ id }) => id === update));
    if (begun.length > 0 && begun.every((one) => one !== undefined)) return begun;
    return chooseForSum(contributions, wanted, fewest);
  }

  /** Those that were not masked for the present committee, and can never be opened. */
  outdated(contributions: readonly Contribution[]): Contribution[] {
    const epoch = this.board.committee?.epoch;
    return contributions.filter(({ masks }) => !masks || masks.epoch !== epoch);
  }

  /** Notes which contributions are due and wait: it is said after a while that they wait for those of other gateways. */
  noteWaiting(contributions: readonly Contribution[]): void {
    const fewest = this.board.committee?.fewest ?? 0;
    this.waitingGateways = new Set(contributions.map(({ gateway }) => gateway)).size;
    if (contributions.length === 0 || this.waitingGateways >= fewest || this.isStopped) {
      this.cancelWait();
      return;
    }
    this.waitTimer ??= this.options.clock.after(patienceMs, () => {
      this.waitTimer = undefined;
      const text = `masked updates wait: expected some of at least ${fewest} gateways for a sum, got those of ${this.waitingGateways}`;
      this.options.onWaiting(text);
    });
  }

  /** Opens the sum of these contributions. */
  async open(contributions: readonly Contribution[]): Promise<OpenedBuffer> {
    const { committee } = this.board;
    if (!committee || this.isStopped) return undefined;
    const list = listOf(contributions, committee.epoch);
    const next = new Opening(committee, list, this.slow);
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
        this.opening = undefined;
        this.options.onLost(opening.reasons[0] ?? 'shares of helpers do not fit');
        return lost;
      }
      if (opening.stage !== 'ready') {
        const { silent, owing } = opening;
        for (const helper of owing) this.slow.add(helper);
        const others = opening.givenUp(owing);
        this.send(others);
        if (others.length > 0) continue;
        const names = [...silent, ...owing].map((helper) => committee.content.helpers[helper]!.gateway);
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

  private cancelWait(): void {
    this.waitTimer?.cancel();
    this.waitTimer = undefined;
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
