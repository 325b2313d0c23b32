import { deepEqual, equal } from 'node:assert/strict';
import type { Coordinator, UpdateFate } from '../../../gateway/coordinator';
import type { ModelFollower } from '../../../gateway/participant';
import { FtteError, SeededRandom, silentLog, VirtualClock } from '../../../gateway/platform';
import { Exchange } from '../../../gateway/region/exchange';
import { SendingPace } from '../../../gateway/region/sending-pace';
import type { Uplink } from '../../../gateway/region/uplink';
import { settle } from '../coordinator/fleet-harness';
import { summing } from './two-floors';

/** The two sides of an exchange as plain objects, of which a test says what they do. */
class Sides {
  readonly clock = new VirtualClock();
  readonly sent: string[] = [];
  readonly settled: string[] = [];
  readonly unreadable: string[] = [];
  counted = 0;
  made = 0;
  online = true;
  versions = 0;
  waiting: { id: string; message: Uint8Array } | undefined;
  /** Errors of the disk, and of reading an update. */
  disk: FtteError | undefined;
  reading: FtteError | undefined;
  readonly exchange: Exchange;
  /** Of the region. */
  task = summing();
  /** Of each update: whether it says nothing that was measured. */
  readonly hidden: boolean[] = [];

  constructor() {
    const sides = this;
    const region = {
      get waiting() {
        return sides.waiting;
      },
      get work() {
        return { versions: sides.versions };
      },
      versionsOfAll: 10,
      makeUpdate: async ({ hidesFigures }: { readonly hidesFigures: boolean }) => {
        sides.hidden.push(hidesFigures);
        sides.made++;
        sides.versions = 0;
      },
      settle: async (id: string, fate: UpdateFate) => {
        if (sides.disk) throw sides.disk;
        sides.settled.push(`${id} ${fate}`);
        sides.waiting = undefined;
      },
    };
    const held = new Set<string>();
    const uplink = {
      get online() {
        return sides.online;
      },
      has: (id: string) => held.has(id),
      send: async () => {
        if (sides.reading) throw sides.reading;
        held.add(sides.waiting!.id);
        sides.sent.push(sides.waiting!.id);
      },
      drop: async (id: string) => void held.delete(id),
    };
    const coordinator = {
      isReady: true,
      region,
      checkpoint: async () => undefined,
      get task() {
        return sides.task;
      },
    };
    const { clock } = this;
    const pace: SendingPace = new SendingPace({
      setting: { versions: 'auto', ms: 1000 },
      ...{ clock, longestMs: () => 0, onDue: () => this.exchange.wake() },
    });
    this.exchange = new Exchange({
      ...{ pace, random: new SeededRandom(1), log: silentLog, onChange: () => undefined },
      follower: {} as ModelFollower,
      uplink: uplink as unknown as Uplink,
      current: () => ({ coordinator: coordinator as unknown as Coordinator, above: summing() }),
      onCounted: () => {
        this.counted++;
      },
      onUnreadable: (id) => this.unreadable.push(id),
      onProblem: (problem) => {
        throw problem;
      },
    });
  }

  async wake(): Promise<void> {
    this.exchange.wake();
    await settle(2);
  }
}

describe('the exchange of a region with the federation above', () => {
  it('does not send an update again whose answer is not on disk yet, and counts it once', async () => {
    const sides = new Sides();
    sides.waiting = { id: 'one', message: new Uint8Array() };
    await sides.wake();
    deepEqual(sides.sent, ['one']);
    sides.disk = new FtteError('storage', 'the disk is full');
    sides.exchange.settle('one', 'returned');
    await settle(2);
    sides.exchange.settle('one', 'counted');
    await sides.wake();
    deepEqual([sides.sent, sides.settled], [['one'], []]);
    sides.disk = undefined;
    await sides.wake();
    deepEqual([sides.settled, sides.counted], [['one returned'], 0]);
    sides.waiting = { id: 'two', message: new Uint8Array() };
    await sides.wake();
    for (let i = 0; i < 2; i++) {
      sides.exchange.settle('two', 'counted');
      await settle(2);
    }
    deepEqual([sides.sent, sides.settled.at(-1), sides.counted], [['one', 'two'], 'two counted', 1]);
  });

  it('gives up an update that this software cannot read, and says so once', async () => {
    const sides = new Sides();
    sides.waiting = { id: 'one', message: new Uint8Array() };
    sides.reading = new FtteError('message-invalid', 'protocol version 9');
    for (let i = 0; i < 3; i++) await sides.wake();
    deepEqual([sides.unreadable, sides.settled], [['one'], ['one given-up']]);
  });

  it('counts the time of the first version while it is cut off, too', async () => {
    const sides = new Sides();
    sides.online = false;
    sides.versions = 1;
    await sides.wake();
    sides.clock.advance(1000);
    await settle(2);
    equal(sides.made, 0);
    sides.online = true;
    await sides.wake();
    equal(sides.made, 1);
  });

  it('says nothing that was measured if the region has privacy and the federation above has none', async () => {
    const sides = new Sides();
    for (const privacy of [undefined, { level: 'gateway' }] as const) {
      sides.task = summing(privacy && { privacy });
      sides.versions = 10;
      await sides.wake();
    }
    deepEqual(sides.hidden, [false, true]);
  });
});
