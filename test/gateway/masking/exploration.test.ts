import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Committee, digestOf, Helper, type OpeningList, voteBytes } from '../../../gateway/masking';
import { testCommittee, updateId } from './committee-kit';

/** A committee whose signatures are cheap to make, and can be made by whoever the model lets make them. */
class ModelCommittee extends Committee {
  /** @param needed signatures of a quorum; absent: as many as the protocol asks for */
  constructor(
    { content }: Committee,
    private readonly needed?: number,
  ) {
    super(content);
  }

  override get quorum(): number {
    return this.needed ?? super.quorum;
  }

  override verify(helper: number, bytes: Uint8Array, signature: Uint8Array): boolean {
    return Buffer.from(signModel(helper, bytes)).equals(signature);
  }
}

const signModel = (helper: number, bytes: Uint8Array): Uint8Array =>
  createHash('sha256').update(`${helper}`).update(bytes).digest();

interface Settings {
  readonly helpers: number;
  readonly threshold: number;
  readonly quorum?: number;
  /** The part of its reservations that a helper remembers from one message to the next. */
  readonly memory?: 'all' | 'answered';
}

/** Gateways of the nine updates; the last three are of one. */
const owners = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'g', 'g'];
const fewest = 3;

/** Lists that a lying coordinator may show: overlapping, disjoint, nested, too short, repeated, of one gateway. */
const shown = [
  [0, 1, 2],
  [0, 1, 3],
  [1, 2, 3],
  [3, 4, 5],
  [0, 1, 2, 3],
  [0, 1, 2, 3, 4, 5],
  [0, 1],
  [4],
  [2, 2, 2, 3],
  [6, 7, 8],
  [5, 6, 7, 8],
];

/** Knowledge of a helper, and what it has given away. `reserved` is its file. */
interface HelperState {
  readonly name: string;
  readonly reserved: ReadonlyMap<string, string>;
  readonly signed: ReadonlySet<number>;
  readonly answered: ReadonlySet<number>;
}

/** Helpers are alike, so that states which differ by their order only are one. */
const keyOf = (states: readonly HelperState[]) =>
  states
    .map(({ name }) => name)
    .sort()
    .join('|');

const named = (state: Omit<HelperState, 'name'>): HelperState => {
  const parts = [state.reserved, state.signed, state.answered].map((part) => [...part].map(String).sort());
  return { ...state, name: parts.join(';') };
};

/**
 * Every state that a coordinator can reach which shows any list to any helper in any order, with t - 1 helpers that sign
 * and answer whatever it asks for. Honest helpers are the product's own, and each is started again from its reservations
 * at every message. A helper that is silent is one that is never asked.
 * @param goal where the search ends early
 * @returns the number of states, the sets of lists that were opened, and those that single out too few gateways
 */
function explore({ helpers, threshold, quorum, memory = 'all' }: Settings, goal = Number.POSITIVE_INFINITY) {
  const committee = new ModelCommittee(testCommittee(helpers, threshold, fewest).committee, quorum);
  const lists: OpeningList[] = shown.map((updates) => ({
    epoch: committee.epoch,
    entries: updates.map((one) => ({
      gateway: owners[one]!,
      setup: updateId(0),
      update: updateId(one),
      plan: 0,
    })),
    plans: [[{ offset: 0, length: 1 }]],
  }));
  const liars = Array.from({ length: threshold - 1 }, (_, helper) => helper);
  const honest = Array.from({ length: helpers - liars.length }, (_, i) => liars.length + i);
  const bytesOf = lists.map((list) => voteBytes('clinic', committee.epoch, digestOf(list)));
  const liesOn = bytesOf.map((bytes) =>
    liars.map((helper) => ({ helper, signature: signModel(helper, bytes) })),
  );

  const vote = (state: HelperState, index: number, list: number) => {
    const reserved = new Map(state.reserved);
    const helper = new Helper({ committee, index, sign: (bytes) => signModel(index, bytes) }, reserved);
    if (!('signature' in helper.vote(lists[list]!))) return undefined;
    const kept = memory === 'all' ? reserved : state.reserved;
    return named({ ...state, reserved: kept, signed: new Set([...state.signed, list]) });
  };
  const answer = (state: HelperState, index: number, list: number, signers: readonly number[]) => {
    const reserved = new Map(state.reserved);
    const helper = new Helper({ committee, index, sign: (bytes) => signModel(index, bytes) }, reserved);
    const votes = signers.map((signer) => ({ helper: signer, signature: signModel(signer, bytesOf[list]!) }));
    const certificate = { votes: [...liesOn[list]!, ...votes], responders: [...liars, index] };
    if (!('seeds' in helper.consent(lists[list]!, certificate))) return undefined;
    return named({ ...state, reserved, answered: new Set([...state.answered, list]) });
  };
  /** Answers of helpers, which depend on their state and on what they are shown alone. */
  const known = new Map<string, HelperState | undefined>();
  const once = (key: string, find: () => HelperState | undefined) => {
    if (!known.has(key)) known.set(key, find());
    return known.get(key);
  };

  const none = named({ reserved: new Map(), signed: new Set(), answered: new Set() });
  const first = honest.map(() => none);
  const seen = new Set([keyOf(first)]);
  const singled = new Set<string>();
  const opened = new Set<string>();
  const waiting: (readonly HelperState[])[] = [first];
  for (let states = waiting.pop(); states && singled.size < goal; states = waiting.pop()) {
    // With the seeds of t - 1 helpers, the share of a single honest one opens a list.
    const sums = [...new Set(states.flatMap(({ answered }) => [...answered]))].sort((a, b) => a - b);
    const name = sums.join(' ');
    if (!opened.has(name)) {
      opened.add(name);
      if (fewestSingledOut(sums.map((list) => vectorOf(shown[list]!))) < fewest) singled.add(name);
    }
    for (const [at, state] of states.entries())
      for (const list of lists.keys()) {
        const index = honest[at]!;
        const signers = honest.filter((_, i) => states[i]!.signed.has(list));
        const question = `${index} ${list} ${state.name}`;
        const after = [
          once(`vote ${question}`, () => vote(state, index, list)),
          once(`answer ${signers} ${question}`, () => answer(state, index, list, signers)),
        ];
        for (const next of after) {
          if (!next || next.name === state.name) continue;
          const reached = states.map((other, i) => (i === at ? next : other));
          const key = keyOf(reached);
          if (seen.has(key)) continue;
          seen.add(key);
          waiting.push(reached);
        }
      }
  }
  return { states: seen.size, singled, opened };
}

const vectorOf = (updates: readonly number[]) =>
  owners.map((_, update) => updates.filter((one) => one === update).length);

/** Fewest gateways that some combination of these sums depends on; infinite without a sum. */
function fewestSingledOut(sums: readonly (readonly number[])[]): number {
  const rank = rankOf(sums);
  if (rank === 0) return Number.POSITIVE_INFINITY;
  const gateways = [...new Set(owners)];
  for (let count = 1; count < gateways.length; count++)
    for (const group of choices(gateways, count)) {
      // A combination is of this group alone if it vanishes on all updates of others.
      const outside = sums.map((sum) => sum.filter((_, update) => !group.includes(owners[update]!)));
      if (rankOf(outside) < rank) return count;
    }
  return gateways.length;
}

function choices<T>(from: readonly T[], count: number): T[][] {
  if (count === 0) return [[]];
  return from.flatMap((one, i) => choices(from.slice(i + 1), count - 1).map((rest) => [one, ...rest]));
}

/** Rank of a small matrix of whole numbers. */
function rankOf(rows: readonly (readonly number[])[]): number {
  const left = rows.map((row) => [...row]);
  let rank = 0;
  for (let column = 0; column < (left[0]?.length ?? 0) && rank < left.length; column++) {
    const pivot = left.findIndex((row, i) => i >= rank && row[column] !== 0);
    if (pivot < 0) continue;
    [left[rank], left[pivot]] = [left[pivot]!, left[rank]!];
    for (let i = rank + 1; i < left.length; i++) {
      const [factor, divisor] = [left[i]![column]!, left[rank]![column]!];
      left[i] = left[i]!.map((value, j) => value * divisor - factor * left[rank]![j]!);
    }
    rank++;
  }
  return rank;
}

describe('every state that a lying coordinator and lying helpers can reach', () => {
  for (const [helpers, threshold] of [
    [3, 2],
    [4, 2],
    [5, 3],
  ] as const)
    it(`opens sums, and none of fewer than ${fewest} gateways: ${helpers} helpers, of whom ${threshold - 1} lie`, () => {
      const { states, singled, opened } = explore({ helpers, threshold });
      assert.ok(states > 40, `${states} states`);
      assert.deepEqual([...singled], []);
      // The search is not safe only because nothing opens.
      assert.ok(opened.has('0 3') && opened.has('5'), [...opened].join(', '));
    });

  for (const [helpers, threshold] of [
    [3, 2],
    [4, 2],
    [5, 3],
  ] as const)
    it(`opens too much if helpers answer without a quorum, which the search finds: ${helpers} helpers`, () => {
      assert.equal(explore({ helpers, threshold, quorum: threshold }, 1).singled.size, 1);
    });

  it('opens too much if a helper remembers what it has answered only, and not what it has signed', () => {
    assert.equal(explore({ helpers: 4, threshold: 2, memory: 'answered' }, 1).singled.size, 1);
  });

  it('is judged by a measure that knows which combinations of sums single out a gateway', () => {
    assert.equal(fewestSingledOut([]), Number.POSITIVE_INFINITY);
    assert.equal(fewestSingledOut([vectorOf([0, 1, 2])]), 3);
    assert.equal(fewestSingledOut([vectorOf([0, 1, 2]), vectorOf([3, 4, 5])]), 3);
    assert.equal(fewestSingledOut([vectorOf([0, 1, 2]), vectorOf([0, 1, 2, 3])]), 1);
    assert.equal(fewestSingledOut([vectorOf([0, 1, 2]), vectorOf([0, 1, 3])]), 2);
    assert.equal(fewestSingledOut([vectorOf([6, 7, 8])]), 1);
  });
});
