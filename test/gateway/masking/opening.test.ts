import assert from 'node:assert/strict';
import {
  type Addressed,
  type HelperAnswer,
  HelperDesk,
  levelStep,
  levelsOf,
  maskUpdate,
  nameOf,
  Opening,
  type OpeningList,
} from '../../../gateway/masking';
import { runSync } from '../../../gateway/platform';
import { testCommittee, testGateway, testHelper, testUniform, updateId } from './committee-kit';

/** A committee, six gateways, one masked update of each, and a desk of each helper; messages travel at once. */
class Clinic {
  readonly kit;
  readonly gateways;
  readonly desks: HelperDesk[];
  readonly files: Map<string, string>[];
  readonly masked = new Map<string, Uint16Array>();
  readonly expected = new Int16Array(50);
  readonly list: OpeningList;
  /** Answers that a helper gives in place of its own. */
  readonly liars = new Map<number, (answer: HelperAnswer) => HelperAnswer | undefined>();

  constructor(helpers: number, threshold: number) {
    this.kit = testCommittee(helpers, threshold);
    this.gateways = Array.from({ length: 6 }, (_, i) => testGateway(this.kit, `g${i}`));
    this.files = Array.from({ length: helpers }, () => new Map());
    this.desks = this.files.map((_, helper) => this.desk(helper));
    const segments = [{ offset: 5, length: 50 }];
    const entries = this.gateways.map(({ gateway, setup }, i) => {
      const delta = Float32Array.from({ length: 50 }, (_, c) => Math.sin(c + i) / 10);
      levelsOf(delta, 1, testUniform(i)).forEach((level, c) => {
        this.expected[c]! += level;
      });
      const update = updateId(i);
      const entry = { gateway, setup: setup.setup, update, plan: 0 };
      const names = { federation: 'clinic', gateway, update };
      this.masked.set(nameOf(entry), runSync(maskUpdate(delta, 1, segments, setup, names, testUniform(i))));
      return entry;
    });
    this.list = { epoch: this.kit.committee.epoch, entries, plans: [segments] };
  }

  /** A helper that starts, with what its file holds. */
  desk(helper: number): HelperDesk {
    return new HelperDesk({
      helper: testHelper(this.kit, helper, this.files[helper]),
      federation: 'clinic',
      fewest: 3,
      seedOf: (gateway, setup, index) => {
        const found = this.gateways.find((one) => one.gateway === gateway && one.setup.setup === setup);
        return found?.held[helper]?.get(index);
      },
    });
  }

  /** Carries requests to helpers and their answers back, until nobody says anything. */
  run(opening: Opening, first: readonly Addressed[], away: readonly number[] = []): void {
    for (const waiting = [...first]; waiting.length > 0; ) {
      const { helper, request } = waiting.shift()!;
      if (away.includes(helper)) continue;
      const own = runSync(this.desks[helper]!.answer(request));
      const answer = this.liars.has(helper) ? this.liars.get(helper)!(own) : own;
      if (answer?.kind === 'vote') waiting.push(...opening.takeVote(helper, answer.signature));
      else if (answer?.kind === 'share') opening.takeShare(helper, answer.responders, answer.share);
      else if (answer?.reason === 'unknown') waiting.push(...opening.forgotten(helper));
      else if (answer) waiting.push(...opening.takeRefusal(helper, answer.text));
      if (opening.stage === 'ready' && !this.open(opening)) waiting.push(...opening.retry());
    }
  }

  open(opening: Opening) {
    return runSync(opening.open((name) => this.masked.get(name)!));
  }
}

describe('the opening of a list', () => {
  for (const [helpers, threshold, away] of [
    [3, 2, []],
    [4, 2, [1]],
    [5, 3, [0]],
    [7, 3, [0, 4]],
  ] as const)
    it(`gives the sum with ${helpers} helpers, of whom ${away.length} are away`, () => {
      const clinic = new Clinic(helpers, threshold);
      const opening = new Opening(clinic.kit.committee, clinic.list);
      clinic.run(opening, opening.begin(), away);
      assert.deepEqual(clinic.open(opening)?.sums, clinic.expected);
      assert.ok(Math.abs(clinic.expected[3]! * levelStep - sumOfSines(3)) < 6 * levelStep);
    });

  it('waits while too many helpers are away, and goes on when one of them comes', () => {
    const clinic = new Clinic(5, 3);
    const opening = new Opening(clinic.kit.committee, clinic.list);
    clinic.run(opening, opening.begin(), [0, 4]);
    assert.equal(opening.stage, 'votes');
    assert.deepEqual(opening.silent, [0, 4]);
    clinic.run(opening, opening.returned(4), [0]);
    assert.deepEqual(clinic.open(opening)?.sums, clinic.expected);
  });

  it('goes on with another helper if one goes away after its signature', () => {
    const clinic = new Clinic(5, 3);
    const opening = new Opening(clinic.kit.committee, clinic.list);
    clinic.liars.set(0, (answer) => (answer.kind === 'share' ? undefined : answer));
    clinic.run(opening, opening.begin());
    assert.equal(opening.stage, 'shares');
    clinic.run(opening, opening.lost(0), [0]);
    assert.deepEqual(clinic.open(opening)?.sums, clinic.expected);
  });

  it('goes on with a helper that was started again: it has its file, and gets the list once more', () => {
    const clinic = new Clinic(3, 2);
    const opening = new Opening(clinic.kit.committee, clinic.list);
    clinic.run(opening, opening.begin(), [2]);
    clinic.desks[0] = clinic.desk(0);
    clinic.run(opening, opening.returned(2));
    assert.deepEqual(clinic.open(opening)?.sums, clinic.expected);
  });

  it('asks others if a share is wrong, and says so if none fits', () => {
    const clinic = new Clinic(5, 3);
    const lie = (answer: HelperAnswer) =>
      answer.kind === 'share' ? { ...answer, share: answer.share.map((value) => value + 1) } : answer;
    clinic.liars.set(1, lie);
    const opening = new Opening(clinic.kit.committee, clinic.list);
    clinic.run(opening, opening.begin());
    assert.deepEqual(clinic.open(opening)?.sums, clinic.expected);
    for (const helper of [0, 2, 3, 4]) clinic.liars.set(helper, lie);
    const other = new Opening(clinic.kit.committee, clinic.list);
    clinic.run(other, other.begin());
    assert.equal(other.stage, 'wrong');
  });

  it('counts no signature of one helper for another, and none on another list', () => {
    const clinic = new Clinic(4, 2);
    const opening = new Opening(clinic.kit.committee, clinic.list);
    const [first] = opening.begin();
    const vote = runSync(clinic.desks[0]!.answer(first!.request));
    assert.ok(vote.kind === 'vote');
    opening.takeVote(1, vote.signature);
    assert.deepEqual(opening.silent, [0, 1, 2, 3]);
    const other = new Opening(clinic.kit.committee, {
      ...clinic.list,
      entries: clinic.list.entries.slice(1),
    });
    other.takeVote(0, vote.signature);
    assert.deepEqual(other.silent, [0, 1, 2, 3]);
  });

  it('is impossible if an update of the list was in another one, also after the helpers have started again', () => {
    const clinic = new Clinic(5, 3);
    const first = new Opening(clinic.kit.committee, {
      ...clinic.list,
      entries: clinic.list.entries.slice(0, 4),
    });
    clinic.run(first, first.begin());
    assert.ok(clinic.open(first));
    clinic.desks.forEach((_, helper) => {
      clinic.desks[helper] = clinic.desk(helper);
    });
    const second = new Opening(clinic.kit.committee, clinic.list);
    clinic.run(second, second.begin());
    assert.equal(second.stage, 'impossible');
    assert.match(second.reasons[0] ?? '', /update 0{16} was in another list/);
  });

  it('is impossible for a list that helpers do not accept, with what is wrong with it', () => {
    const clinic = new Clinic(3, 2);
    const { entries, plans, epoch } = clinic.list;
    const wrong: [Partial<OpeningList>, RegExp][] = [
      [{ entries: entries.slice(0, 2) }, /at least 3 gateways, got 2/],
      [{ entries: [...entries.slice(0, 3), entries[0]!] }, /an update is there twice/],
      [
        { entries: [1, 2, 3].map((n) => ({ ...entries[0]!, update: updateId(n) })) },
        /at least 3 gateways, got 1/,
      ],
      [
        { entries: Array.from({ length: 17 }, (_, n) => ({ ...entries[n % 6]!, update: updateId(n) })) },
        /at most 16/,
      ],
      [{ epoch: updateId(7) }, /of committee 0{15}7/],
      [{ plans: [[{ offset: 5, length: 2 ** 23 }]] }, /no list of runs/],
      [{ plans: [[...plans[0]!, { offset: 7, length: 1 }]] }, /no list of runs/],
      [{ entries: entries.map((entry) => ({ ...entry, plan: 1 })) }, /one of 1 plans, got 1/],
    ];
    for (const [change, reason] of wrong) {
      const opening = new Opening(clinic.kit.committee, { epoch, entries, plans, ...change });
      clinic.run(opening, opening.begin());
      assert.equal(opening.stage, 'impossible');
      assert.match(opening.reasons[0] ?? '', reason);
    }
  });
});

const sumOfSines = (c: number) => [0, 1, 2, 3, 4, 5].reduce((sum, i) => sum + Math.sin(c + i) / 10, 0);
