import assert from 'node:assert/strict';
import { patienceMs } from '../../../../gateway/coordinator/masking/helper-board';
import { type OpenedBuffer, waitMs } from '../../../../gateway/coordinator/masking/masked-sums';
import { chooseForSum } from '../../../../gateway/coordinator/masking/sum-choice';
import { levelStep, mostListed, mostSetups } from '../../../../gateway/masking';
import { EphemeralKey } from '../../../../gateway/security';
import { settle } from '../fleet-harness';
import { Clinic } from './clinic';

const settleMs = 3_000;

describe('the committee of a coordinator', () => {
  it('is chosen when no further key has come for three seconds, and offers that say nothing new do not put it off', () => {
    const clinic = new Clinic(['a', 'b', 'c']);
    clinic.clock.advance(settleMs - 1);
    clinic.offer('a');
    assert.deepEqual(clinic.helpers, []);
    clinic.clock.advance(1);
    assert.deepEqual(clinic.helpers, ['a', 'b', 'c']);
  });

  it('is chosen within half a minute if a member comes with another key each second, and without that member if it can be', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
    for (let seconds = 0; seconds < 30; seconds++) {
      assert.deepEqual(clinic.helpers, [], `after ${seconds} s`);
      clinic.clock.advance(1_000);
      clinic.offer('a', new EphemeralKey().publicBytes);
    }
    assert.deepEqual(clinic.helpers, ['b', 'c', 'd', 'e', 'f', 'g', 'h']);
  });

  it('has no gateway whose key is of small order or of another one, and the others open sums', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd']);
    assert.throws(
      () => clinic.offer('d', new Uint8Array(32)),
      /sealing: expected an X25519 key, got one of small order/,
    );
    clinic.join('e');
    const copy = clinic.of('a').sealing.publicBytes;
    assert.throws(() => clinic.offer('e', copy), /sealing: expected a key of its own, got that of a/);
    clinic.clock.advance(settleMs);
    assert.deepEqual(clinic.helpers, ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(clinic.problems, []);
  });

  it('is made of the gateways that may help, if some are named', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd', 'e'], ['e', 'c', 'b', 'z']);
    clinic.clock.advance(settleMs);
    assert.deepEqual([clinic.helpers, clinic.committee.fewest], [['b', 'c', 'e'], 5]);
  });

  it('lives at least a minute although its helpers lose their keys', () => {
    const clinic = new Clinic(['a', 'b', 'c']);
    clinic.clock.advance(settleMs);
    const { epoch } = clinic.committee;
    clinic.offer('a', new EphemeralKey().publicBytes);
    clinic.clock.advance(59_999);
    assert.equal(clinic.committee.epoch, epoch);
    clinic.clock.advance(1);
    assert.notEqual(clinic.committee.epoch, epoch);
  });

  it('is replaced when too few of it have been there for three minutes, not by one that is away for less', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd', 'e']);
    clinic.clock.advance(settleMs);
    assert.deepEqual([clinic.helpers.length, clinic.committee.fewest], [5, 5]);
    clinic.setOnline('a', false);
    clinic.clock.advance(patienceMs - 1);
    clinic.setOnline('a', true);
    clinic.clock.advance(patienceMs);
    assert.equal(clinic.committees.length, 1);
    clinic.setOnline('a', false);
    clinic.setOnline('b', false);
    clinic.clock.advance(patienceMs + settleMs);
    assert.deepEqual([clinic.helpers, clinic.committee.fewest, clinic.waiting], [['c', 'd', 'e'], 3, []]);
    clinic.setOnline('a', true);
    clinic.setOnline('b', true);
    clinic.clock.advance(patienceMs);
    assert.deepEqual([clinic.helpers.length, clinic.committee.fewest, clinic.committees.length], [5, 5, 3]);
  });

  it('opens sums of fewer gateways when five are not there any more, and never of fewer than three', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd', 'e']);
    clinic.clock.advance(settleMs);
    clinic.setOnline('e', false);
    clinic.clock.advance(patienceMs + settleMs);
    assert.deepEqual([clinic.helpers, clinic.committee.fewest], [['a', 'b', 'c', 'd'], 4]);
    clinic.setOnline('d', false);
    clinic.setOnline('c', false);
    clinic.clock.advance(patienceMs + settleMs);
    assert.equal(clinic.committee.fewest, 4);
    assert.deepEqual(clinic.waiting, ['expected at least 3 of the 4 helpers of masked sums online, got 2']);
    clinic.setOnline('c', true);
    clinic.clock.advance(settleMs);
    assert.deepEqual([clinic.helpers, clinic.committee.fewest], [['a', 'b', 'c'], 3]);
  });

  it('says how many gateways are missing while there can be none, and is chosen when they are there', () => {
    const clinic = new Clinic(['a', 'b']);
    clinic.clock.advance(patienceMs);
    assert.deepEqual(clinic.waiting, [
      'expected at least 3 gateways that help and are online, got 2: no masked update can be made',
    ]);
    clinic.join('c');
    clinic.clock.advance(settleMs);
    assert.equal(clinic.helpers.length, 3);
  });

  it('is replaced when too few of it can sign more updates', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd']);
    clinic.clock.advance(60_000);
    const { epoch } = clinic.committee;
    const digest = '0'.repeat(64);
    for (const name of ['a', 'b']) {
      assert.equal(clinic.committee.epoch, epoch);
      clinic.say(name, { kind: 'refused', epoch, digest, reason: 'full', text: 'it remembers too many' });
      clinic.clock.advance(settleMs);
    }
    assert.notEqual(clinic.committee.epoch, epoch);
  });

  it('gets seeds again that it has not confirmed, at most four setups of a gateway, and no others', () => {
    const clinic = new Clinic(['a', 'b', 'c', 'd', 'e']);
    clinic.clock.advance(settleMs);
    clinic.deposit('a');
    assert.equal(clinic.sums.board.undelivered, 0);
    clinic.setOnline('e', false);
    for (let starts = 0; starts < mostSetups + 3; starts++) clinic.deposit('a');
    assert.equal(clinic.sums.board.undelivered, mostSetups);
    const { heard } = clinic.of('e');
    heard.length = 0;
    clinic.setOnline('e', true);
    assert.deepEqual([heard.length, clinic.sums.board.undelivered], [mostSetups, 0]);
    clinic.offer('e');
    assert.equal(heard.length, mostSetups);
  });
});

describe('the sums of a coordinator', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const made = () => {
    const clinic = new Clinic(names);
    clinic.clock.advance(settleMs);
    for (const name of names) clinic.deposit(name);
    return clinic;
  };
  const opened = async (clinic: Clinic, value: number) => {
    const contributions = names.map((name) => clinic.contribution(name, value));
    const result: { buffer?: OpenedBuffer; isDone: boolean } = { isDone: false };
    void clinic.sums.open(contributions).then((buffer) => Object.assign(result, { buffer, isDone: true }));
    clinic.deliver();
    await settle();
    return { result, contributions };
  };
  const meanOf = (buffer: OpenedBuffer) => {
    assert.equal(buffer?.kind, 'opened');
    return buffer.contributions[0]!.delta[0];
  };

  it('open without a helper that leaves the request for its share without an answer, and ask it last from then on', async () => {
    const clinic = made();
    clinic.of('a').answers = 'lists';
    const first = await opened(clinic, 8 * levelStep);
    assert.equal(first.result.isDone, false);
    clinic.clock.advance(waitMs);
    await settle();
    clinic.deliver();
    await settle();
    assert.equal(meanOf(first.result.buffer), 8 * levelStep);
    const second = await opened(clinic, 4 * levelStep);
    assert.equal(meanOf(second.result.buffer), 4 * levelStep);
    assert.deepEqual([clinic.waiting, clinic.lost], [[], []]);
  });

  it('name the helpers that did not answer, and say that a version can be made when one answers late', async () => {
    const clinic = made();
    for (const name of ['a', 'b']) clinic.of(name).answers = 'nothing';
    const { result, contributions } = await opened(clinic, 8 * levelStep);
    clinic.clock.advance(waitMs);
    await settle();
    assert.deepEqual(
      [result.isDone, result.buffer, clinic.waiting],
      [true, undefined, ['a, b did not answer']],
    );
    clinic.of('a').answers = 'all';
    const again = clinic.sums.open(contributions);
    clinic.clock.advance(waitMs);
    await again;
    const { changes } = clinic;
    clinic.deliver();
    assert.ok(clinic.changes > changes);
    assert.equal(meanOf(await clinic.sums.open(contributions)), 8 * levelStep);
  });

  it('are not held up by a gateway that has sent more updates than a sum may have', () => {
    const clinic = made();
    const many = Array.from({ length: 40 }, () => clinic.contribution('a', 0));
    const others = names.slice(1).map((name) => clinic.contribution(name, 0));
    assert.deepEqual(clinic.sums.openable(many, 5), []);
    const chosen = clinic.sums.openable([...many, ...others], 5);
    assert.deepEqual(chosen, [...many.slice(0, mostListed - 4), ...others]);
  });

  it('say that updates wait for those of other gateways, once they have for a while', () => {
    const clinic = made();
    const waiting = [clinic.contribution('a', 0), clinic.contribution('b', 0)];
    clinic.sums.noteWaiting(waiting);
    clinic.clock.advance(patienceMs - 1);
    clinic.sums.noteWaiting([]);
    clinic.clock.advance(patienceMs);
    assert.deepEqual(clinic.waiting, []);
    clinic.sums.noteWaiting(waiting);
    clinic.clock.advance(patienceMs);
    assert.deepEqual(clinic.waiting, [
      'masked updates wait: expected some of at least 5 gateways for a sum, got those of 2',
    ]);
  });

  it('are of the oldest updates, of as many as are asked for and those between', () => {
    const clinic = made();
    const list = [...'aabcade'].map((name) => clinic.contribution(name, 0));
    assert.deepEqual(chooseForSum(list, 3, 3), list.slice(0, 4));
    assert.deepEqual(chooseForSum(list, 6, 3), list.slice(0, 6));
    assert.deepEqual(chooseForSum(list, 3, 6), []);
  });

  it('have no updates of an earlier committee, or without masks', () => {
    const clinic = made();
    const [early] = [clinic.contribution('a', 0)];
    const { masks, ...plain } = early!;
    assert.deepEqual(clinic.sums.outdated([early!, plain]), [plain]);
    clinic.offer('a', new EphemeralKey().publicBytes);
    clinic.offer('b', new EphemeralKey().publicBytes);
    clinic.clock.advance(60_000);
    assert.deepEqual(clinic.sums.outdated([early!, plain]), [early, plain]);
  });
});
