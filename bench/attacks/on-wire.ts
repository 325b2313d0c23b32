import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SeededRandom } from '../../gateway/platform';
import { watchEventLoop } from '../../tools/support/event-loop-delay';
import type { Attack } from './attack';
import type { Attacker, Received } from './attacker';

const noiseMessages = 2_000;
/** Growth of the heap, and time that the event loop is held, which a flood may cause and count as no effect. */
const quietBytes = 8 * 1024 * 1024;
const quietMs = 150;

/** Types whose newest message the broker keeps. */
const retainedTypes = ['claim', 'task', 'head', 'hello', 'presence'];

/** Attacks that need no understanding of messages: bytes that were recorded come again, elsewhere, or changed. */
export const onWire: readonly Attack[] = [
  {
    name: 'everything that was recorded, once more',
    run: async (attacker) => {
      for (const message of snapshotOf(attacker)) await replay(attacker, message);
    },
  },
  ...retainedTypes.map(
    (type): Attack => ({
      name: `oldest ${type} that was recorded, in the place of the newest`,
      before: async (target) => {
        // A restart: the claim, the hellos and the keys behind them are new.
        await target.stopCoordinator();
        await target.startCoordinator();
        await target.learn(1);
      },
      run: async (attacker) => {
        const oldest = new Map<string, Received>();
        for (const message of snapshotOf(attacker))
          if (message.topic.endsWith(`/${type}`) && !oldest.has(message.topic))
            oldest.set(message.topic, message);
        for (const message of oldest.values()) await replay(attacker, message, true);
      },
    }),
  ),
  {
    name: 'recorded presences of a gateway that is gone',
    before: (target) => target.stopGateway('gw-2'),
    run: async (attacker) => {
      for (const message of attacker.bytesOf('presence', 'gw-2')) await replay(attacker, message, true);
      const online = attacker.bytesOf('presence', 'gw-2')[0];
      if (online) await replay(attacker, online, true);
    },
  },
  {
    name: 'recorded presences of a gateway that has started again',
    before: async (target) => {
      await target.stopGateway('gw-2');
      await target.startGateways();
      await target.learn(1);
    },
    run: async (attacker) => {
      for (const message of snapshotOf(attacker))
        if (message.topic.endsWith('gw-2/presence')) await replay(attacker, message);
      const [, gone] = attacker.bytesOf('presence', 'gw-2');
      if (gone) await replay(attacker, gone);
    },
  },
  {
    name: 'recorded messages moved to other topics',
    run: async (attacker) => {
      const messages = newestOfEach(attacker);
      const places = messages.map(({ topic }) => attacker.placeOf(topic));
      for (const { topic, bytes } of messages)
        for (const place of places) if (place !== attacker.placeOf(topic)) await attacker.write(place, bytes);
    },
  },
  {
    name: 'recorded messages cut off, and with one bit changed',
    run: async (attacker) => {
      const random = new SeededRandom(1);
      for (const { topic, bytes } of newestOfEach(attacker)) {
        const place = attacker.placeOf(topic);
        await attacker.write(place, bytes.subarray(0, Math.floor(bytes.length / 2)));
        for (let i = 0; i < 8; i++) {
          const changed = Uint8Array.from(bytes);
          const at = random.integer(changed.length);
          changed[at] = (changed[at] ?? 0) ^ (1 << random.integer(8));
          await attacker.write(place, changed);
        }
      }
    },
  },
  {
    name: `flood of ${noiseMessages} messages of noise`,
    run: async (attacker, target) => {
      const random = new SeededRandom(2);
      const places = newestOfEach(attacker).map(({ topic }) => attacker.placeOf(topic));
      const before = usedHeap();
      const end = watchEventLoop();
      for (let i = 0; i < noiseMessages; i++) {
        const noise = Uint8Array.from({ length: 64 + random.integer(1_000) }, () => random.integer(256));
        const place = places[i % places.length] ?? 'all/head';
        await attacker.write(i % 3 ? place : `gw/noise-${i}/hello`, noise);
      }
      // Other work of the machine holds nothing: processor time, where the system reports it.
      const { maxMs, longestCpuMs = maxMs } = end();
      attacker.forget();
      await target.settle();
      measured = { bytes: usedHeap() - before, ms: longestCpuMs };
      process.stderr.write(
        `  flood: heap ${(measured.bytes / 1024).toFixed(0)} KiB more, event loop held ${measured.ms.toFixed(0)} ms at most ` +
          '(federation, attacker and measurement in one process)\n',
      );
    },
    gain: () => {
      const found: string[] = [];
      if (measured.bytes > quietBytes) found.push(`heap grew by ${Math.round(measured.bytes / 1024)} KiB`);
      if (measured.ms > quietMs) found.push(`event loop held for ${Math.round(measured.ms)} ms`);
      return found.join(', ') || undefined;
    },
  },
];

let measured = { bytes: 0, ms: 0 };

const snapshotOf = (attacker: Attacker): readonly Received[] =>
  attacker.recorded.filter(({ bytes }) => bytes.length > 0);

/** The newest message of each topic. */
const newestOfEach = (attacker: Attacker): readonly Received[] => [
  ...new Map(snapshotOf(attacker).map((message) => [message.topic, message])).values(),
];

const replay = (attacker: Attacker, { topic, bytes }: Received, retain = false) =>
  attacker.write(attacker.placeOf(topic), bytes, retain);

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  return process.memoryUsage().heapUsed;
}
