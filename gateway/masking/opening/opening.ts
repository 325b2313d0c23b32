import type { Resumable } from '../../platform';
import type { Committee } from '../committee/committee';
import type { Certificate } from './helper';
import { type OpenedSum, openSum } from './masked-update';
import { digestOf, type OpeningList, voteBytes } from './opening-list';

/** A message of the coordinator to a helper. */
export type OpeningRequest =
  | { readonly kind: 'list'; readonly list: OpeningList }
  | { readonly kind: 'answer'; readonly digest: string; readonly certificate: Certificate };

/** A request, and the index of the helper that it is for. */
export interface Addressed {
  readonly helper: number;
  readonly request: OpeningRequest;
}

/** The stage of an opening: `impossible` if too many helpers refuse the list, `wrong` if no shares of theirs fit. */
export type OpeningStage = 'votes' | 'shares' | 'ready' | 'impossible' | 'wrong';

/**
 * The coordinator's side of opening one list: it gathers signatures from all helpers, then shares from as many as are
 * needed. If one of these goes away or its share is wrong, it asks others, as long as there are some.
 */
export class Opening {
  readonly digest: string;
  private readonly bytes: Uint8Array;
  private readonly votes = new Map<number, Uint8Array>();
  private readonly refusals = new Map<number, string>();
  private readonly away = new Set<number>();
  private readonly unable = new Set<number>();
  private readonly tried = new Set<string>();
  private shares = new Map<number, Uint16Array>();
  private responders: readonly number[] = [];
  private isDone = false;

  /** @param slow helpers that have left requests for shares without an answer: they are asked last */
  constructor(
    private readonly committee: Committee,
    readonly list: OpeningList,
    private readonly slow: ReadonlySet<number> = new Set(),
  ) {
    this.digest = digestOf(list);
    this.bytes = voteBytes(committee.content.federation, committee.epoch, this.digest);
  }

  get stage(): OpeningStage {
    const { committee, votes, refusals, responders, shares } = this;
    if (this.isDone || (responders.length > 0 && shares.size === responders.length)) return 'ready';
    if (votes.size < committee.quorum)
      return committee.helpers - refusals.size < committee.quorum ? 'impossible' : 'votes';
    // Helpers that are away may come back, and those that have not signed may do so yet.
    const isLast = responders.length === 0 && this.away.size === 0 && this.silent.length === 0;
    return isLast ? 'wrong' : 'shares';
  }

  /** Reasons of the helpers that have refused the list. */
  get reasons(): readonly string[] {
    return [...this.refusals.values()];
  }

  /** Helpers that have not signed and not refused. */
  get silent(): number[] {
    return this.helpers.filter((helper) => !this.votes.has(helper) && !this.refusals.has(helper));
  }

  /** Helpers that were asked for their share and have not answered. */
  get owing(): number[] {
    return this.responders.filter((helper) => !this.shares.has(helper));
  }

  /** Asks all helpers for a signature that have not answered. */
  begin(): Addressed[] {
    return this.silent.map((helper) => this.ask(helper));
  }

  /** Takes a signature; one that is not of this helper on this list is ignored. */
  takeVote(helper: number, signature: Uint8Array): Addressed[] {
    if (this.votes.has(helper) || !this.committee.verify(helper, this.bytes, signature)) return [];
    this.votes.set(helper, signature);
    this.refusals.delete(helper);
    return this.askForShares();
  }

  takeRefusal(helper: number, reason: string): Addressed[] {
    if (!this.votes.has(helper)) this.refusals.set(helper, reason);
    else this.unable.add(helper);
    return this.replace(helper);
  }

  /** Takes a share for the helpers that were asked last; others are ignored. */
  takeShare(helper: number, responders: readonly number[], share: Uint16Array): void {
    if (String(responders) === String(this.responders) && responders.includes(helper))
      this.shares.set(helper, share);
  }

  /** A helper is no longer connected: another one is asked in its place, if there is one. */
  lost(helper: number): Addressed[] {
    this.away.add(helper);
    return this.replace(helper);
  }

  /** Helpers have not answered for too long: they count as away, and others are asked, as long as there are some. */
  givenUp(helpers: readonly number[]): Addressed[] {
    if (helpers.length === 0) return [];
    for (const helper of helpers) this.away.add(helper);
    this.tried.delete(String(this.responders));
    return this.retry();
  }

  /** A helper is connected again, or for the first time: it is asked for what is missing. */
  returned(helper: number): Addressed[] {
    this.away.delete(helper);
    if (this.silent.includes(helper)) return [this.ask(helper)];
    return this.responders.includes(helper) && !this.shares.has(helper)
      ? [this.askShare(helper)]
      : this.askForShares();
  }

  /** A helper has forgotten the list, because it was started again. */
  forgotten(helper: number): Addressed[] {
    const again = this.responders.includes(helper) ? [this.askShare(helper)] : [];
    return [this.ask(helper), ...again];
  }

  /**
   * Opens the sum with the shares that have come. @returns undefined if they do not fit; others are to be asked then, with
   * `retry`
   */
  *open(maskedOf: (name: string) => ArrayLike<number>): Resumable<OpenedSum | undefined> {
    const shares = [...this.shares.values()];
    const sum = yield* openSum(this.list, this.committee.fewest, maskedOf, shares);
    if (sum) this.isDone = true;
    return sum;
  }

  /** Asks other helpers, after shares that do not fit. */
  retry(): Addressed[] {
    this.responders = [];
    this.shares = new Map();
    return this.askForShares();
  }

  private get helpers(): number[] {
    return Array.from({ length: this.committee.helpers }, (_, helper) => helper);
  }

  private get candidates(): number[] {
    const { away, unable, slow } = this;
    return [...this.votes.keys()]
      .filter((helper) => !away.has(helper) && !unable.has(helper))
      .sort((a, b) => Number(slow.has(a)) - Number(slow.has(b)) || a - b);
  }

  private ask(helper: number): Addressed {
    return { helper, request: { kind: 'list', list: this.list } };
  }

  private replace(helper: number): Addressed[] {
    if (!this.responders.includes(helper) || this.shares.has(helper)) return [];
    this.tried.delete(String(this.responders));
    return this.retry();
  }

  private askForShares(): Addressed[] {
    if (this.responders.length > 0 || this.votes.size < this.committee.quorum) return [];
    const next = choices(this.candidates, this.committee.threshold)
      .map((set) => set.sort((a, b) => a - b))
      .find((set) => !this.tried.has(String(set)));
    if (!next) return [];
    this.tried.add(String(next));
    this.responders = next;
    return next.map((helper) => this.askShare(helper));
  }

  private askShare(helper: number): Addressed {
    const votes = [...this.votes].map(([signer, signature]) => ({ helper: signer, signature }));
    const certificate = { votes, responders: this.responders };
    return { helper, request: { kind: 'answer', digest: this.digest, certificate } };
  }
}

/** The choices of `count` among these, in order. */
function choices(from: readonly number[], count: number): number[][] {
  if (count === 0) return [[]];
  return from.flatMap((first, i) => choices(from.slice(i + 1), count - 1).map((rest) => [first, ...rest]));
}
