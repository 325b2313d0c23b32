import type { Resumable } from '../../platform';
import type { Helper, Vote } from './helper';
import { maskShare } from './masked-update';
import type { OpeningRequest } from './opening';
import { digestOf, type OpeningList } from './opening-list';

/** The answer of a helper to a request of the coordinator. */
export type HelperAnswer =
  | { readonly kind: 'vote'; readonly digest: string; readonly signature: Uint8Array }
  | {
      readonly kind: 'share';
      readonly digest: string;
      readonly responders: readonly number[];
      readonly share: Uint16Array;
    }
  | { readonly kind: 'refused'; readonly digest: string; readonly reason: Refusal; readonly text: string };

/** The reason why a helper does not answer. `unknown`: it has not seen the list; `seeds`: it has not the seeds of a gateway. */
export type Refusal = Exclude<Vote, { signature: unknown }>['refused'] | 'unknown' | 'seeds';

/** Options of a `HelperDesk`. */
export interface HelperDeskOptions {
  readonly helper: Helper;
  readonly federation: string;
  readonly fewest: number;
  /** A seed of a gateway's setup, by its index. */
  readonly seedOf: (gateway: string, setup: string, index: number) => Uint8Array | undefined;
}

/** Lists that a helper keeps until it is asked for their masks. */
const mostLists = 8;

/** Answers the requests of a coordinator for one helper. Reservations must be on disk before an answer leaves. */
export class HelperDesk {
  private readonly lists = new Map<string, OpeningList>();

  constructor(private readonly options: HelperDeskOptions) {}

  *answer(request: OpeningRequest): Resumable<HelperAnswer> {
    return request.kind === 'list' ? this.vote(request.list) : yield* this.share(request);
  }

  private vote(list: OpeningList): HelperAnswer {
    const digest = digestOf(list);
    const vote = this.options.helper.vote(list);
    if (!('signature' in vote)) return { kind: 'refused', digest, reason: vote.refused, text: vote.text };
    this.lists.delete(digest);
    this.lists.set(digest, list);
    const [oldest] = this.lists.keys();
    if (this.lists.size > mostLists && oldest !== undefined) this.lists.delete(oldest);
    return { kind: 'vote', digest, signature: vote.signature };
  }

  private *share(request: Extract<OpeningRequest, { kind: 'answer' }>): Resumable<HelperAnswer> {
    const { digest, certificate } = request;
    const { helper, fewest, federation, seedOf } = this.options;
    const refused = (reason: Refusal, text: string) => ({ kind: 'refused', digest, reason, text }) as const;
    const list = this.lists.get(digest);
    if (!list) return refused('unknown', 'the list has not come since the start');
    const consent = helper.consent(list, certificate);
    if (!('seeds' in consent)) return refused(consent.refused, consent.text);
    const share = yield* maskShare(list, fewest, federation, consent.seeds, seedOf);
    if (!share) return refused('seeds', 'the seeds of a gateway are not here');
    return { kind: 'share', digest, responders: certificate.responders, share };
  }
}
