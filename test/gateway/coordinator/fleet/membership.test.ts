import { deepEqual, equal } from 'node:assert/strict';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';

/** A gateway that is online. */
function join(members: Membership, id: string, at: number) {
  members.presence(id, true, at);
  return members.hello(id, 1, at);
}

describe('membership', () => {
  it('reports joined, left and returned from hello and presence, in any order', () => {
    const members = new Membership(10);
    equal(members.presence('a', true, 1), undefined);
    equal(members.hello('a', 100, 1), 'joined');
    equal(members.hello('b', 200, 2), undefined);
    equal(members.presence('b', true, 2), 'joined');
    equal(members.presence('a', false, 3), 'left');
    equal(members.presence('a', false, 3), undefined);
    equal(members.online, 1);
    equal(members.presence('a', true, 4), 'returned');
    equal(members.online, 2);
  });

  it('does not take a hello for a gateway that is online', () => {
    const members = new Membership(10);
    equal(members.hello('gone', 100, 1), undefined);
    equal(members.online, 0);
    equal(members.presence('gone', false, 1), undefined);
    equal(members.presence('gone', true, 2), 'joined');
  });

  it('counts a gateway that trains no more as absent, although it is connected, until its next hello', () => {
    const members = new Membership(10);
    join(members, 'a', 1);
    members.introducedAs('a', 'run-1');
    equal(members.leaves('a', 'run-1', 2), 'left');
    equal(members.leaves('a', 'run-1', 2), undefined);
    equal(members.presence('a', true, 3), undefined, 'it connects again');
    equal(members.online, 0);
    equal(members.hello('a', 1, 4), 'returned');
    equal(members.introducedAs('a', 'run-2'), false, 'no twin: the first run has ended');
    equal(members.online, 1);
  });

  it('takes a farewell before the presence, and the work of a gateway for its return', () => {
    const members = new Membership(10);
    members.hello('a', 1, 1);
    equal(members.leaves('a', 'run-1', 2), undefined);
    equal(members.presence('a', true, 3), undefined);
    equal(members.heardLive('a', 4), 'joined');
  });

  it('does not take the farewell of one run for the end of another, or of a stranger', () => {
    const members = new Membership(10);
    join(members, 'a', 1);
    members.introducedAs('a', 'run-2');
    equal(members.leaves('a', 'run-1', 2), undefined);
    equal(members.online, 1);
    equal(members.leaves('stranger', 'run-1', 2), undefined);
    equal(members.get('stranger'), undefined);
  });

  it('does not know a gateway without a hello', () => {
    const members = new Membership(10);
    members.presence('watcher', true, 1);
    equal(members.get('watcher'), undefined);
    equal(members.online, 0);
  });

  it('updates the budget from a new hello', () => {
    const members = new Membership(10);
    members.hello('a', 100, 1);
    members.hello('a', 300, 2);
    deepEqual(members.list(), [
      { id: 'a', online: false, budgetBytes: 300, contributions: 0, lastHeardMs: 2 },
    ]);
  });

  it('lists changed members as new objects, and the others as the same', () => {
    const members = new Membership(10);
    members.hello('a', 1, 1);
    members.hello('b', 1, 1);
    const [first, second] = members.list();
    members.accepted('b', { id: '0123456789abcdef' }, 2);
    const [again, changed] = members.list();
    equal(again, first);
    deepEqual(changed, { id: 'b', online: false, budgetBytes: 1, contributions: 1, lastHeardMs: 2 });
    equal(second?.contributions, 0, 'an earlier list stays as it was');
  });

  it('makes room by forgetting the offline gateway that was silent for longest, and none that is online', () => {
    const members = new Membership(2);
    const forgotten: string[] = [];
    members.onForgotten = (gateway) => forgotten.push(gateway);
    join(members, 'a', 1);
    join(members, 'b', 2);
    equal(members.hello('c', 1, 3), 'full');
    deepEqual(forgotten, []);
    members.presence('b', false, 4);
    equal(join(members, 'c', 5), 'joined');
    deepEqual(
      members.list().map(({ id }) => id),
      ['a', 'c'],
    );
    deepEqual(forgotten, ['b'], 'and says whom');
    equal(members.online, 2);
  });

  it('forgets offline gateways in the order of their last message, restored ones by its time', () => {
    const before = new Membership(3);
    for (const [id, at] of [
      ['late', 30],
      ['early', 10],
      ['middle', 20],
    ] as const) {
      before.hello(id, 1, at);
    }
    const members = new Membership(3);
    members.restore({ saved: [...before.saved()], changes: new Uint8Array(0) });
    members.hello('middle', 1, 40);
    const ids = () => members.list().map(({ id }) => id);
    members.hello('new-1', 1, 50);
    deepEqual(ids(), ['late', 'middle', 'new-1']);
    members.hello('new-2', 1, 60);
    deepEqual(ids(), ['middle', 'new-1', 'new-2']);
    for (const id of ids()) members.presence(id, true, 70);
    equal(members.hello('new-3', 1, 80), 'full');
    equal(members.online, 3);
  });

  it('forgets nobody whose contributions might count again, however many new names say hello', () => {
    const members = new Membership(3);
    const newest = { version: 10, maxAge: 50 };
    for (const id of ['a', 'b']) {
      members.hello(id, 1, 1, newest);
      members.accepted(id, { id: `${id}123456789abcdef` }, 2, 10);
    }
    for (let i = 0; i < 200; i++) members.hello(`invented-${i}`, 1, 3 + i, { version: 60, maxAge: 50 });
    equal(members.online, 0, 'a hello is no presence');
    deepEqual(
      members.list().map(({ id }) => id),
      ['a', 'b', 'invented-199'],
    );
    members.accepted('invented-199', { id: '0123456789abcdef' }, 300, 60);
    equal(members.hello('late', 1, 301, { version: 60, maxAge: 50 }), 'full');
    equal(
      members.hello('late', 1, 302, { version: 61, maxAge: 50 }),
      undefined,
      'a and b are too old to count again',
    );
    deepEqual(
      members.list().map(({ id }) => id),
      ['b', 'invented-199', 'late'],
    );
  });

  it('takes contributions from before a restart for as new as the version then', () => {
    const before = new Membership(1);
    before.hello('a', 1, 1);
    before.accepted('a', { id: '0123456789abcdef' }, 2, 10);
    const members = new Membership(1);
    members.restore({ saved: [...before.saved()], changes: new Uint8Array(0) });
    equal(members.hello('b', 1, 3, { version: 10, maxAge: 5 }), 'full');
    equal(members.hello('b', 1, 4, { version: 15, maxAge: 5 }), 'full');
    equal(members.hello('b', 1, 5, { version: 16, maxAge: 5 }), undefined);
  });

  it('bounds the presence that it remembers of unknown gateways', () => {
    const members = new Membership(2);
    for (let i = 0; i < 100; i++) members.presence(`stranger-${i}`, true, 1);
    equal(members.hello('stranger-99', 1, 2), undefined, 'forgotten: it was one too many');
    equal(members.hello('stranger-0', 1, 2), 'joined');
  });

  it('restores members offline, with counts and ids; coming online again is a return', () => {
    const members = new Membership(10);
    members.hello('a', 100, 1);
    members.accepted('a', { id: '0123456789abcdef' }, 2);
    const again = new Membership(10);
    again.restore({ saved: [...members.saved()], changes: new Uint8Array(0) });
    deepEqual(again.list(), [{ id: 'a', online: false, budgetBytes: 100, contributions: 1, lastHeardMs: 2 }]);
    equal(again.get('a')?.seen.has('0123456789abcdef'), true);
    equal(again.presence('a', true, 3), 'returned');
  });
});
