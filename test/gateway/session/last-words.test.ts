import { deepEqual } from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { LastWords } from '../../../gateway/session/last-words';
import type { BodyOf } from '../../../gateway/wire';

const hello: BodyOf<'hello'> = {
  type: 'hello',
  budgetBytes: 1,
  instance: 'a',
  software: '',
  modelKey: '',
  leaves: true,
};

function setUp() {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const network = { online: true };
  const words = new LastWords({
    clock,
    isOnline: () => network.online,
    send: async ({ type }) => {
      sent.push(type);
    },
  });
  return { clock, sent, network, words };
}

describe('the last word of a role whose session stays', () => {
  it('is said once, when its time has come', () => {
    const { clock, sent, words } = setUp();
    words.add(hello, 3_000);
    clock.advance(2_999);
    deepEqual(sent, []);
    clock.advance(1);
    clock.advance(10_000);
    deepEqual(sent, ['hello']);
  });

  it('is not said if the role starts again meanwhile', () => {
    const { clock, sent, words } = setUp();
    words.add(hello, 3_000);
    words.cancel('hello');
    clock.advance(10_000);
    void words.sayAll();
    deepEqual(sent, []);
  });

  it('waits for the next connection if there is none', () => {
    const { clock, sent, network, words } = setUp();
    network.online = false;
    words.add(hello, 3_000);
    void words.sayDue();
    clock.advance(3_000);
    deepEqual(sent, []);
    network.online = true;
    void words.sayDue();
    void words.sayDue();
    deepEqual(sent, ['hello']);
  });

  it('comes at once, and only then, if the session stops', () => {
    const { clock, sent, words } = setUp();
    words.add(hello, 3_000);
    void words.sayAll();
    clock.advance(10_000);
    deepEqual(sent, ['hello']);
  });
});
