import type { OpeningList } from '../../gateway/masking';
import type { MaskedFederation } from './federation';

/** A list that a lying coordinator shows, and what came of it. */
export interface TriedList {
  readonly what: string;
  readonly result: string;
}

/** Lists by which a coordinator would learn a single update, shown to honest helpers one after the other. */
export function triedLists(federation: MaskedFederation): TriedList[] {
  const { list, masked } = federation.updatesOf(federation.gateways.slice(0, 8), 50);
  const { entries } = list;
  const [first] = entries;
  const tried = (what: string, change: Partial<OpeningList>): TriedList => {
    const { opening, sum } = federation.open({ ...list, ...change }, masked);
    return { what, result: sum ? 'opened' : `refused: ${opening.reasons[0] ?? opening.stage}` };
  };
  return [
    tried('one update', { entries: entries.slice(0, 1) }),
    tried('four updates', { entries: entries.slice(0, 4) }),
    tried('one update five times', { entries: Array.from({ length: 5 }, () => first!) }),
    tried('five updates of one gateway', {
      entries: entries.slice(0, 5).map((entry) => ({ ...entry, gateway: first!.gateway })),
    }),
    tried('an honest list', { entries: entries.slice(0, 6) }),
    tried('the same with one more, for their difference', { entries: entries.slice(0, 7) }),
    tried('the same with one fewer', { entries: entries.slice(0, 5) }),
    tried('the same once more', { entries: entries.slice(0, 6) }),
  ];
}
