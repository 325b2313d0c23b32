import type { Committee } from '../committee/committee';
import { seedsOfResponder, subsetsOf } from '../seeds/subsets';
import { digestOf, faultOf, nameOf, type OpeningList, voteBytes } from './opening-list';

/** Most updates that a helper remembers for one committee; then another is needed. */
export const mostReserved = 200_000;

/** Signatures of helpers on one list. */
export interface Certificate {
  readonly votes: readonly { readonly helper: number; readonly signature: Uint8Array }[];
  /** The helpers that are to answer, ascending; as many as the threshold. */
  readonly responders: readonly number[];
}

/** Options of a `Helper`. */
export interface HelperOptions {
  readonly committee: Committee;
  /** Its index in the committee. */
  readonly index: number;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/** A signature on a list, or why there is none. `reserved`: an update has been in another list. */
export type Vote =
  | { readonly signature: Uint8Array }
  | { readonly refused: 'list' | 'reserved' | 'full' | 'certificate'; readonly text: string };

/** The seeds whose masks a helper adds up, or why it does not. */
export type Consent =
  | { readonly digest: string; readonly seeds: readonly number[] }
  | Exclude<Vote, { signature: unknown }>;

/**
 * A helper of a committee, in what it decides. It signs at most one list with any one update, and adds up masks only of a
 * list with a quorum of signatures. Two lists that share an update can then never both be opened: both quorums have an
 * honest helper in common, which has signed one of them. What it has signed is on disk before the signature leaves; the
 * reservation comes with the signature, not with the answer, because two lists could otherwise gather signatures at once.
 */
export class Helper {
  private fresh: string[] = [];

  /** @param reserved for each update that was in a list it has signed, the digest of the list; it is added to */
  constructor(
    private readonly options: HelperOptions,
    readonly reserved: Map<string, string>,
  ) {}

  /** Updates that are reserved and not on disk yet, since `written` or `undo`. */
  get unwritten(): readonly string[] {
    return this.fresh;
  }

  /** Notes that the reserved updates are on disk. */
  written(): void {
    this.fresh = [];
  }

  /** Frees the updates that cannot be written: the signature does not leave. */
  undo(): void {
    for (const name of this.fresh) this.reserved.delete(name);
    this.fresh = [];
  }

  /** Step (a): a signature on a list. The reservations must be on disk before it is sent. */
  vote(list: OpeningList): Vote {
    const digest = digestOf(list);
    const refused = this.reserve(list, digest);
    if (refused) return refused;
    const { committee, sign } = this.options;
    return { signature: sign(voteBytes(committee.content.federation, committee.epoch, digest)) };
  }

  /** Step (b): what to add up, shown enough signatures. The same list may be asked for with other responders. */
  consent(list: OpeningList, { votes, responders }: Certificate): Consent {
    const { committee, index } = this.options;
    const digest = digestOf(list);
    const bytes = voteBytes(committee.content.federation, committee.epoch, digest);
    const signers = new Set(
      votes
        .filter(({ helper, signature }) => committee.verify(helper, bytes, signature))
        .map(({ helper }) => helper),
    );
    const { quorum, threshold, helpers } = committee;
    if (signers.size < quorum)
      return { refused: 'certificate', text: `expected ${quorum} signatures, got ${signers.size}` };
    const isSet = responders.every((at, i) => at < helpers && at > (responders[i - 1] ?? -1));
    if (!isSet || responders.length !== threshold || !responders.includes(index))
      return {
        refused: 'certificate',
        text: `expected ${threshold} helpers that answer, this one among them`,
      };
    const refused = this.reserve(list, digest);
    if (refused) return refused;
    return { digest, seeds: seedsOfResponder(index, responders, subsetsOf(helpers, threshold)) };
  }

  /** Reserves all updates of a list for it, or none. */
  private reserve(list: OpeningList, digest: string) {
    const { reserved } = this;
    const fault = faultOf(list, this.options.committee);
    if (fault !== undefined) return { refused: 'list', text: fault } as const;
    const names = list.entries.map(nameOf);
    const taken = names.find((name) => (reserved.get(name) ?? digest) !== digest);
    if (taken !== undefined)
      return { refused: 'reserved', text: `update ${taken.split(' ')[2]} was in another list` } as const;
    const fresh = names.filter((name) => !reserved.has(name));
    if (reserved.size + fresh.length > mostReserved)
      return {
        refused: 'full',
        text: `it remembers ${reserved.size} updates: another committee is due`,
      } as const;
    for (const name of fresh) reserved.set(name, digest);
    this.fresh.push(...fresh);
    return undefined;
  }
}
