import { deepEqual, equal } from 'node:assert/strict';
import { Membership } from '../../../../gateway/coordinator/fleet/membership';

const retained = true;
const fresh = false;

describe('membership', () => {
  it('reports joined, left and returned from hello and presence, in any order', () => {
    const members = new Membership(10);
    equal(members.presence('a', true, 1), undefined);
    equal(members.hello('a', 100, retained, 1), 'joined');
    equal(members.hello('b', 200, fresh, 2), 'joined');
    equal(members.presence('b', true, 2), undefined);
    equal(members.presence('a', false, 3), 'left');
    equal(members.presence('a', false, 3), undefined);
    equal(members.online, 1);
    equal(members.presence('a', true, 4), 'returned');
    equal(members.online, 2);
  });

  it('does not take a retained hello for a gateway that is online', () => {
    const members = new Membership(10);
    equal(members.hello('gone', 100, retained, 1), undefined);
    equal(members.online, 0);
    equal(members.presence('gone', false, 1), undefined);
    equal(members.presence('gone', true, 2), 'joined');
  });

  it('does not know a gateway without a hello', () => {
    const members = new Membership(10);
    members.presence('watcher', true, 1);
    equal(members.get('watcher'), undefined);
    equal(members.online, 0);
  });

  it('updates the budget from a new hello', () => {
    const members = new Membership(10);
    members.hello('a', 100, fresh, 1);
    members.hello('a', 300, fresh, 2);
    deepEqual(members.list(), [{ id: 'a', online: true, budgetBytes: 300, contributions: 0 }]);
  });

  it('lists changed members as new objects, and the others as the same', () => {
    const members = new Membership(10);
    members.hello('a', 1, fresh, 1);
    members.hello('b', 1, fresh, 1);
    const [first, second] = members.list();
    members.accepted('b', '0123456789abcdef', 2);
    const [again, changed] = members.list();
    equal(again, first);
    deepEqual(changed, { id: 'b', online: true, budgetBytes: 1, contributions: 1 });
    equal(second?.contributions, 0, 'an earlier list stays as it was');
  });

  it('makes room by forgetting the offline gateway that was silent for longest, and none that is online', () => {
    const members = new Membership(2);
    members.hello('a', 1, fresh, 1);
    members.hello('b', 1, fresh, 2);
    equal(members.hello('c', 1, fresh, 3), 'full');
    members.presence('b', false, 4);
    equal(members.hello('c', 1, fresh, 5), 'joined');
    deepEqual(
      members.list().map(({ id }) => id),
      ['a', 'c'],
    );
    equal(members.online, 2);
  });

  it('forgets offline gateways in the order of their last message, restored ones by its time', () => {
    const before = new Membership(3);
    for (const [id, at] of [
      ['late', 30],
      ['early', 10],
      ['middle', 20],
    ] as const) {
      before.hello(id, 1, fresh, at);
    }
    const members = new Membership(3);
    members.restore({ saved: [...before.saved()], changes: new Uint8Array(0) });
    members.hello('middle', 1, retained, 40);
    const ids = () => members.list().map(({ id }) => id);
    members.hello('new-1', 1, fresh, 50);
    deepEqual(ids(), ['late', 'middle', 'new-1']);
    members.hello('new-2', 1, fresh, 60);
    deepEqual(ids(), ['middle', 'new-1', 'new-2']);
    members.presence('middle', true, 70);
    equal(members.hello('new-3', 1, fresh, 80), 'full');
    equal(members.online, 3);
  });

  it('bounds the presence that it remembers of unknown gateways', () => {
    const members = new Membership(2);
    for (let i = 0; i < 100; i++) members.presence(`stranger-${i}`, true, 1);
    equal(members.hello('stranger-99', 1, retained, 2), undefined, 'forgotten: it was one too many');
    equal(members.hello('stranger-0', 1, retained, 2), 'joined');
  });

  it('restores members offline, with counts and ids; coming online again is a return', () => {
    const members = new Membership(10);
    members.hello('a', 100, fresh, 1);
    members.accepted('a', '0123456789abcdef', 2);
    const again = new Membership(10);
    again.restore({ saved: [...members.saved()], changes: new Uint8Array(0) });
    deepEqual(again.list(), [{ id: 'a', online: false, budgetBytes: 100, contributions: 1 }]);
    equal(again.get('a')?.seen.has('0123456789abcdef'), true);
    equal(again.presence('a', true, 3), 'returned');
  });
});
