import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import fc from 'fast-check';
import { MemberChanges } from '../../../../gateway/coordinator/fleet/member-changes';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';
import { decodeRoster, encodeRoster } from '../../../../gateway/coordinator/storage/roster';
import { FtteError, runSync } from '../../../../gateway/platform';

/** Everything that a checkpoint must hold, in the order of the ids. */
const stateOf = (members: Membership) =>
  [...members.saved()]
    .map((member) => ({ ...member, seen: Buffer.from(member.seen).toString('hex') }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

const gateway = fc.constantFrom('a', 'b', 'c', 'd.e_f-G', 'x'.repeat(64));
const step = fc.oneof(
  fc.record({ kind: fc.constant('hello' as const), gateway, budgetBytes: fc.nat() }),
  fc.record({ kind: fc.constant('presence' as const), gateway, online: fc.boolean() }),
  fc.record({ kind: fc.constant('accepted' as const), gateway, number: fc.nat(99) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

function take(members: Membership, one: Step, nowMs: number): void {
  if (one.kind === 'hello') members.hello(one.gateway, one.budgetBytes, nowMs);
  else if (one.kind === 'presence') members.presence(one.gateway, one.online, nowMs);
  else members.accepted(one.gateway, { id: one.number.toString(16).padStart(16, 'e') }, nowMs);
}

describe('the changes among the members', () => {
  /** Fewer than there are names, so that some are forgotten. */
  const limit = 4;

  it('complete a roster to the present members, whatever happened while it was written', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(
          step.filter(({ kind }) => kind !== 'accepted'),
          { maxLength: 8 },
        ),
        fc.array(step, { maxLength: 40 }),
        (before, during, after) => {
          const members = new Membership(limit);
          let nowMs = 1;
          for (const one of before) take(members, one, nowMs++);
          members.changes.clear();
          const steps = encodeRoster(members.saved(), 1);
          const waiting = [...during];
          let written = steps.next();
          while (!written.done) {
            const next = waiting.shift();
            if (next) take(members, next, nowMs++);
            written = steps.next();
          }
          for (const one of [...waiting, ...after]) take(members, one, nowMs++);

          const again = new Membership(2 * limit);
          const saved = decodeRoster(Buffer.concat(written.value));
          again.restore({ saved, changes: members.changes.bytes ?? new Uint8Array(0) });
          deepEqual(stateOf(again), stateOf(members));
          equal(again.online, 0);
          // New changes are appended to the former ones.
          take(again, { kind: 'hello', gateway: 'b', budgetBytes: 7 }, nowMs);
          const third = new Membership(2 * limit);
          third.restore({ saved, changes: again.changes.bytes ?? new Uint8Array(0) });
          deepEqual(stateOf(third), stateOf(again));
        },
      ),
    );
  });

  it('do not change bytes that were taken from them', () => {
    const changes = new MemberChanges();
    changes.hello('a', 1, 1);
    const bytes = changes.bytes ?? new Uint8Array(0);
    const copy = Uint8Array.from(bytes);
    for (let i = 0; i < 1000; i++) changes.hello('b', i, i);
    changes.clear();
    for (let i = 0; i < 1000; i++) changes.hello('c', i, i);
    deepEqual(Uint8Array.from(bytes), copy);
  });

  it('are due from a number of bytes on, and bounded', () => {
    const changes = new MemberChanges(100);
    changes.accepted('a', { id: '0123456789abcdef' }, 1);
    ok(!changes.isDue);
    for (let i = 0; i < 10; i++) changes.accepted('a', { id: '0123456789abcdef' }, 1);
    ok(changes.isDue && changes.bytes);
    for (let i = 0; i < 100_000; i++) changes.accepted('a', { id: '0123456789abcdef' }, 1);
    ok(changes.isDue);
    equal(changes.bytes, undefined, 'beyond the bound they are dropped');
    changes.clear();
    deepEqual([changes.isDue, Uint8Array.from(changes.bytes ?? [1])], [false, new Uint8Array(0)]);
  });

  it('are refused if they end in the middle of an entry', () => {
    const changes = new MemberChanges();
    changes.accepted('gateway', { id: '0123456789abcdef' }, 1);
    const whole = Uint8Array.from(changes.bytes ?? []);
    for (let end = 1; end < whole.length; end++) {
      throws(
        () => new Membership(9).restore({ saved: [], changes: whole.subarray(0, end) }),
        (error) => error instanceof FtteError && error.code === 'checkpoint-damaged',
        `${end}`,
      );
    }
  });

  it('cost a version of ten thousand members as much as one of ten', () => {
    const bytesOf = (count: number) => {
      const members = new Membership(count);
      for (let i = 0; i < count; i++) members.hello(`gateway-${i}`, 1, 1);
      members.changes.clear();
      runSync(encodeRoster(members.saved()));
      for (let i = 0; i < 10; i++) members.accepted(`gateway-${i}`, { id: '0123456789abcdef' }, 2);
      return members.changes.bytes?.length;
    };
    equal(bytesOf(10_000), bytesOf(10));
  });
});
