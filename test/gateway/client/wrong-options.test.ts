import assert from 'node:assert/strict';
import { createCoordinator, joinFederation } from '../../../gateway';
import { type FtteError, silentLog, systemClock } from '../../../gateway/platform';
import { Roles, task } from './roles';

/** An option whose value cannot be read. */
const unreadable = (name: string) =>
  Object.defineProperty({ federation: 'demo', broker: 'memory:none', id: 'edge' }, name, {
    enumerable: true,
    get: () => {
      throw new Error('no access');
    },
  });

describe('an option of the wrong kind is refused by its name', () => {
  const roles = new Roles();
  const member = (more: Record<string, unknown>) => () => roles.member(more);
  const mqtts = 'mqtts://127.0.0.1:1';
  const cases: [what: string, make: () => Promise<unknown>, pattern: RegExp][] = [
    ['a getter that throws', () => joinFederation(unreadable('budget') as never), /^budget: .*no access$/],
    [
      'a getter that throws, of a coordinator',
      () => createCoordinator(unreadable('task') as never),
      /^task: .*no access$/,
    ],
    [
      'two helpers, one of them twice',
      () => roles.coordinator({ helpers: ['a', 'b', 'b'] }),
      /^helpers: expected at least 3 different gateways/,
    ],
    [
      'helpers for a task whose updates are not masked',
      () => roles.coordinator({ helpers: ['a', 'b', 'c'] }),
      /^helpers: expected none for a task without aggregation\.masked, .*got an array of 3$/,
    ],
    ['a budget of null', member({ budget: null }), /^budget: .*got null$/],
    ['a bigint as budget', member({ budget: 200_000n }), /^budget: expected bytes/],
    ['a symbol as budget', member({ budget: Symbol('much') }), /^budget: .*got a symbol$/],
    ['a list as budget', member({ budget: [200_000] }), /^budget: .*got an array of 1$/],
    ['a Date as budget', member({ budget: new Date(200_000) }), /^budget: expected bytes/],
    [
      'a message of one byte',
      member({ largestMessage: 1 }),
      /^largestMessage: expected at least 1k .*got 1$/,
    ],
    [
      'a wait of years',
      member({ trigger: { intervalMs: 1e12 } }),
      /^trigger\.intervalMs: .*got 1000000000000$/,
    ],
    ['a folder with a NUL', member({ folder: 'a\0b' }), /^folder: expected a text/],
    ['a blank folder', member({ folder: ' ' }), /^folder: expected a text/],
    ['a policy of null', member({ policy: null }), /^policy: expected an object, got null$/],
    ['a policy that is a number', member({ policy: 3 }), /^policy: expected an object, got 3$/],
    [
      'a clock without methods',
      member({ clock: {} }),
      /^clock: expected a clock with the methods now, after/,
    ],
    ['a generator without methods', member({ random: {} }), /^random: expected .*uniform/],
    ['a log without methods', member({ log: {} }), /^log: expected a log with the methods info, warn, error/],
    [
      'a controller for its signal',
      member({ signal: new AbortController() }),
      /^signal: expected an AbortSignal/,
    ],
    ['a list as tls', member({ tls: [] }), /^tls: expected an object/],
    [
      'a key that cannot be read',
      member({ broker: mqtts, tls: { key: 'no key', cert: 'no certificate' } }),
      /^tls: expected keys and certificates that can be read, got an error: /,
    ],
    [
      'certificates for a broker without encryption',
      member({ broker: 'mqtt://127.0.0.1:1', tls: { ca: 'x' } }),
      /^tls: expected a broker with mqtts:\/\/ or wss:\/\/, got mqtt:\/\//,
    ],
    [
      'a URL object',
      member({ broker: new URL('mqtt://host:1883') }),
      /^broker: expected a URL such as .*, got an object \(URL\)$/,
    ],
    [
      'no broker, of a coordinator',
      () => createCoordinator({ federation: 'demo', task } as never),
      /^broker: expected a URL such as .*, got nothing$/,
    ],
    [
      'a URL object, of a coordinator',
      () => createCoordinator({ federation: 'demo', task, broker: new URL('mqtt://host:1883') } as never),
      /^broker: expected a URL such as .*, got an object \(URL\)$/,
    ],
    ['a list as broker', member({ broker: [] }), /^broker: expected a URL such as .*, got an array of 0$/],
    [
      'a setting that a hosted broker does not have',
      member({ broker: { port: 0, hots: 'x' } }),
      /^broker\.hots: there is no field/,
    ],
    [
      'a host of null',
      member({ broker: { port: 0, host: null } }),
      /^broker\.host: expected a text, got null$/,
    ],
    [
      'a number as password, which is not quoted',
      member({ broker: { port: 0, username: 'user', password: 123_456 } }),
      /^broker\.password: expected a text, got another value$/,
    ],
    ['a memory broker without a name', member({ broker: 'memory:' }), /^broker: .*got "memory:"$/],
    [
      'a memory broker with the slashes of a URL',
      member({ broker: 'memory://demo' }),
      /^broker: .*got "memory:\/\/demo"$/,
    ],
    [
      'a password with a lone %, which is not quoted',
      member({ broker: 'mqtt://user:se%cret@127.0.0.1:1' }),
      /^broker: .*got "mqtt:\/\/\*\*\*@127\.0\.0\.1:1" \(a % .* is written %25\)$/,
    ],
    [
      'a function that gives no transport',
      member({ broker: () => null }),
      /^broker: expected a function that returns a transport .*got null$/,
    ],
    [
      'a function that gives a promise',
      member({ broker: async () => ({}) }),
      /^broker: .*got an object \(Promise\)$/,
    ],
    [
      'a function that gives no trainer',
      member({ createTrainer: () => null }),
      /^createTrainer: expected .*got null$/,
    ],
  ];
  for (const [what, make, pattern] of cases)
    it(what, () =>
      assert.rejects(make, (error: FtteError) => {
        assert.equal(error.code, 'config-invalid', error.stack);
        assert.match(error.message, pattern);
        return true;
      }),
    );

  it('an event that there is not, and a listener that is no function', async () => {
    const hub = await roles.coordinator();
    const edge = await roles.member();
    assert.throws(
      () => edge.on('rounds' as never, () => undefined),
      /^FtteError: event: expected one of status, round/,
    );
    assert.throws(() => hub.on('round' as never, () => undefined), /^FtteError: event: .*got "round"$/);
    assert.throws(
      () => edge.on('round', null as never),
      /^FtteError: listener: expected a function, got null$/,
    );
    assert.throws(
      () => hub.export('newest' as never),
      /^FtteError: which: expected average or current, got "newest"$/,
    );
  });

  it('a window with a value that is missing, which is not taken for 0', async () => {
    await roles.coordinator();
    const edge = await roles.member({ trigger: { newWindows: 0 } });
    const window = [1, 2, null, 4, 5, 6, 7, 8] as never;
    assert.throws(
      () => edge.add(window, 'moving'),
      /^FtteError: window has null at index 2, expected numbers$/,
    );
    await assert.rejects(edge.predict(window), { code: 'window-not-finite' });
    assert.equal(edge.status.samples, 0);
  });

  it('a call after the end', async () => {
    const said: string[] = [];
    const log = { ...silentLog, error: (text: string) => void said.push(text) };
    const hub = await roles.coordinator({ log });
    const edge = await roles.member({ log });
    await edge.close();
    await hub.close();
    assert.throws(() => edge.setBudget('1m'), { code: 'cancelled' });
    assert.throws(() => hub.add(new Float32Array(8), 'moving'), { code: 'cancelled' });
    assert.deepEqual(said, []);
  });
});

it('a join whose start fails rejects once, and leaves no rejection that nobody handles', async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  try {
    const createTrainer = () => {
      throw new Error('no engine');
    };
    const options = { federation: 'demo', broker: 'memory:no-engine', id: 'edge', log: silentLog };
    await assert.rejects(joinFederation({ ...options, createTrainer }), /no engine/);
    const clock = { ...systemClock, after: () => assert.fail('no timer') };
    await assert.rejects(joinFederation({ ...options, clock }), /no timer/);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(unhandled, []);
  } finally {
    process.off('unhandledRejection', note);
  }
});
