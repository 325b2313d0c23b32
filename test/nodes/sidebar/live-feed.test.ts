import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import type { Monitor, MonitorParts } from '../../../nodes/runtime';
import { LiveFeed, type LiveMessage, watchMs } from '../../../nodes/sidebar/live-feed';

/** A role whose changes are set by the test. */
class ScriptedMonitor implements Monitor {
  readonly head;
  next: MonitorParts | undefined;
  begun = 0;
  asked = 0;

  constructor(id: string) {
    this.head = { id, kind: 'coordinator', name: '', federation: 'f', gateway: 'c' } as const;
  }
  snapshot() {
    return { everything: true };
  }
  begin() {
    this.begun++;
  }
  changes() {
    this.asked++;
    const { next } = this;
    this.next = undefined;
    return next;
  }
}

describe('the feed of the sidebar', () => {
  let clock: VirtualClock;
  let sent: LiveMessage[];
  let all: ScriptedMonitor[];
  let feed: LiveFeed;
  beforeEach(() => {
    clock = new VirtualClock();
    sent = [];
    all = [new ScriptedMonitor('a')];
    feed = new LiveFeed(
      {
        get all() {
          return all;
        },
      },
      clock,
      (message) => sent.push(message),
    );
  });

  it('asks nobody and sends nothing while no editor watches', () => {
    clock.advance(60_000);
    assert.equal(all[0]!.asked, 0);
    assert.deepEqual(sent, []);
  });

  it('sends at most two messages per second, and none without a change', () => {
    feed.watch('e');
    for (let ms = 0; ms < 10_000; ms += 50) {
      all[0]!.next = { version: ms };
      clock.advance(50);
    }
    assert.equal(sent.length, 20);
    assert.deepEqual(sent.at(-1)?.changes, { a: { version: 9950 } });
    clock.advance(5000);
    assert.equal(sent.length, 20);
  });

  it('ends with the last editor that leaves, and begins again', () => {
    feed.watch('e');
    feed.watch('f');
    feed.leave('e');
    all[0]!.next = { n: 1 };
    clock.advance(500);
    assert.equal(sent.length, 1);
    feed.leave('f');
    const { asked } = all[0]!;
    clock.advance(10_000);
    assert.equal(all[0]!.asked, asked);
    feed.watch('e');
    assert.equal(all[0]!.begun, 2);
  });

  it('forgets an editor that says nothing for half a minute', () => {
    feed.watch('e');
    clock.advance(watchMs - 1000);
    feed.watch('e');
    clock.advance(watchMs - 1000);
    assert.equal(feed.watching, 1);
    clock.advance(2000);
    assert.equal(feed.watching, 0);
    const { asked } = all[0]!;
    clock.advance(60_000);
    assert.equal(all[0]!.asked, asked);
  });

  it('says which roles began and which are gone, also when a deploy replaced one within one interval', () => {
    feed.watch('e');
    all = [new ScriptedMonitor('a')];
    clock.advance(500);
    assert.deepEqual(sent[0]?.begun, ['a']);
    assert.equal(all[0]!.begun, 1);
    all = [];
    clock.advance(500);
    assert.deepEqual(sent[1]?.ids, []);
  });

  it('holds a bounded number of editors', () => {
    for (let i = 0; i < 200; i++) feed.watch(`e${i}`);
    assert.equal(feed.watching, 64);
  });

  it('gives everything about all roles', () => {
    assert.deepEqual(feed.snapshot().roles, [{ ...all[0]!.head, everything: true, run: 1 }]);
  });

  it('numbers the runs of a role: the same in each snapshot until the role starts again', () => {
    const runs = () => feed.snapshot().roles.map(({ run }) => run);
    assert.deepEqual([runs(), runs()], [[1], [1]]);
    all = [new ScriptedMonitor('a')];
    assert.deepEqual(runs(), [2]);
  });
});
