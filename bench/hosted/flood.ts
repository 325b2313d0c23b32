import { connect, type Socket } from 'node:net';
import { HostedTarget, login, type Measured } from './hosted-target';

/** Result of one attack. */
export interface FloodRow {
  readonly attack: string;
  /** Memory of the broker's process before and after, in MB. */
  readonly rssBefore: number;
  readonly rssAfter: number;
  readonly heapAfter: number;
  readonly result: string;
}

/** One attack on the hosted broker. `share` is the part of the full number of messages and connections. */
export interface Flood {
  readonly attack: string;
  readonly heapMegabytes?: number;
  readonly run: (target: HostedTarget, share: number) => Promise<string>;
}

const kilo = 1024;
const closing = new Set<Socket>();

/** Publishes bodies one after the other, `width` at a time, and resolves with the number that was confirmed. */
async function publishAll(
  target: HostedTarget,
  count: number,
  topicOf: (i: number) => string,
  body: Buffer,
  { retain = false, width = 1 } = {},
): Promise<number> {
  const client = await target.client();
  let confirmed = 0;
  for (let at = 0; at < count && client.connected && !target.hasEnded; at += width) {
    const batch = Array.from({ length: Math.min(width, count - at) }, (_, i) =>
      client.publishAsync(topicOf(at + i), body, { qos: 1, retain }),
    );
    confirmed += (await Promise.allSettled(batch)).filter(({ status }) => status === 'fulfilled').length;
  }
  await client.endAsync(true);
  return confirmed;
}

async function refusals(target: HostedTarget): Promise<string> {
  const { counts } = await target.measure();
  return Object.entries(counts)
    .filter(([name, count]) => count > 0 && name !== 'clients')
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

function idleSocket(port: number): Socket {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  closing.add(socket);
  return socket;
}

/** A CONNECT with a wrong password; resolves when the broker has answered or ended the connection. */
function guess(port: number): Promise<void> {
  const text = (value: string) => [Buffer.from([0, value.length]), Buffer.from(value)];
  const body = Buffer.concat([
    ...text('MQTT'),
    Buffer.from([4, 0xc2, 0, 30]),
    ...text('a'),
    ...text(login.username),
    ...text('zz'),
  ]);
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body])),
    );
    socket.once('data', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.once('close', () => resolve());
  });
}

/** Attacks on a broker with one password: retained messages, sessions, idle connections, and guessing. */
export const floods: readonly Flood[] = [
  {
    attack: '400 retained messages of 900 KB on topics of no federation',
    run: async (target, share) => {
      const sent = await publishAll(target, 400 * share, (i) => `junk/${i}`, Buffer.alloc(900 * kilo, 7), {
        retain: true,
      });
      return `${sent} confirmed; ${await refusals(target)}`;
    },
  },
  {
    attack: '400 retained messages of 900 KB on topics of a federation',
    run: async (target, share) => {
      const topic = (i: number) => `ftte/v1/clinic/all/${i}`;
      const sent = await publishAll(target, 400 * share, topic, Buffer.alloc(900 * kilo, 7), {
        retain: true,
      });
      return `${sent} confirmed; ${await refusals(target)}`;
    },
  },
  {
    attack: '200 000 retained messages of 1 KB, in a heap of 256 MB',
    heapMegabytes: 256,
    run: async (target, share) => {
      const topic = (i: number) => `ftte/v1/clinic/all/${i}`;
      const body = Buffer.alloc(1000, 120);
      const sent = await publishAll(target, 200_000 * share, topic, body, { retain: true, width: 100 });
      return target.hasEnded ? 'the process has ended' : `${sent} confirmed; ${await refusals(target)}`;
    },
  },
  {
    attack: 'a session that sleeps on all topics while 8000 updates of 9 KB pass',
    run: async (target, share) => {
      const sleeper = await target.client({ clean: false, clientId: 'sleeper' });
      for (const filter of ['#', 'ftte/v1/#'])
        await sleeper.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
      await sleeper.endAsync(true);
      const sent = await publishAll(
        target,
        8000 * share,
        () => 'ftte/v1/x/gw/a/update',
        Buffer.alloc(9000, 7),
      );
      return `${sent} confirmed; ${await refusals(target)}`;
    },
  },
  {
    attack: 'a client that reads nothing while 400 patches of 512 KB pass',
    run: async (target, share) => {
      const asleep = await target.client();
      await asleep.subscribeAsync('ftte/v1/x/all/patch', { qos: 1 });
      (asleep.stream as unknown as Socket).pause();
      const sent = await publishAll(
        target,
        400 * share,
        () => 'ftte/v1/x/all/patch',
        Buffer.alloc(512 * kilo, 7),
      );
      await asleep.endAsync(true);
      return `${sent} confirmed; ${await refusals(target)}`;
    },
  },
  {
    attack: '1005 idle connections without a password',
    run: async (target, share) => {
      const sockets = Array.from({ length: Math.ceil(1005 * share) }, () => idleSocket(target.port));
      await Promise.all(
        sockets.map(
          (socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve)),
        ),
      );
      const start = performance.now();
      const client = await target.client({ connectTimeout: 30_000 });
      const ms = Math.round(performance.now() - start);
      await client.endAsync(true);
      const refused = await refusals(target);
      for (const socket of closing) socket.destroy();
      closing.clear();
      return `a gateway connects after ${ms} ms; ${refused}`;
    },
  },
  {
    attack: 'wrong passwords from one address for 5 s',
    run: async (target, share) => {
      const start = performance.now();
      let guesses = 0;
      while (performance.now() - start < 5000 * share) {
        await Promise.all(Array.from({ length: 20 }, () => guess(target.port)));
        guesses += 20;
      }
      const perSecond = Math.round((guesses / (performance.now() - start)) * 1000);
      return `${perSecond} a second answered, of which 3 and then one a pause are checked; ${await refusals(target)}`;
    },
  },
];

/** Runs an attack on a broker of its own. */
export async function runFlood(flood: Flood, share: number): Promise<FloodRow> {
  const target = await HostedTarget.start(flood.heapMegabytes);
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  try {
    const before = await target.measure();
    const result = await flood.run(target, share);
    const after: Measured = target.hasEnded ? { ...before, rss: Number.NaN } : await target.measure();
    return {
      attack: flood.attack,
      rssBefore: megabytes(before.rss),
      rssAfter: megabytes(after.rss),
      heapAfter: megabytes(after.heapUsed),
      result,
    };
  } finally {
    target.stop();
  }
}
