import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CoordinatorSettings,
  createCoordinator,
  type FederationMember,
  joinFederation,
  type MemberSettings,
  SeededRandom,
} from '../../../gateway';
import { type FtteError, silentLog, VirtualClock } from '../../../gateway/platform';
import { freePort } from '../../../tools/support/free-port';
import { readExposition } from '../../support/exposition';
import { aMoment } from '../../support/waiting';
import { feed, Roles, task, wideTask, windowOf } from './roles';

describe('the front door', () => {
  const roles = new Roles();
  const coordinator = (more?: Partial<CoordinatorSettings>) => roles.coordinator(more);
  const member = (more?: Partial<MemberSettings>) => roles.member(more);

  it('trains a federation with a coordinator and a gateway, and gives versions with their accuracy and a prediction', async () => {
    const hub = await coordinator();
    feed(hub, 20, 3);
    const versions = hub.versions();
    const edge = await member();
    const taken = edge.versions();
    feed(edge, 8, 4);
    const first = await versions.next();
    assert.equal(first.value?.version, 1);
    assert.ok((first.value?.accuracy ?? 0) >= 0.5, `${first.value?.accuracy}`);
    for (;;) {
      const { value } = await taken.next();
      if ((value?.version ?? 0) >= 1) break;
    }
    const answer = await predicted(edge, windowOf('moving', new SeededRandom(5)));
    assert.equal(answer.kind, 'classification');
    assert.equal(edge.status.lineage, hub.status.lineage);
    const families = new Map([...readExposition(hub.metrics()), ...readExposition(edge.metrics())]);
    const value = (name: string) => families.get(name)?.values.get(`${name}{federation="demo"}`);
    assert.equal(value('ftte_coordinator_model_version'), hub.status.version);
    assert.equal(value('ftte_coordinator_held_out_windows'), 20);
    assert.equal(value('ftte_gateway_rounds_total'), edge.status.rounds);
    assert.match(
      edge.metrics({ byGateway: true }),
      /^ftte_gateway_samples\{federation="demo",gateway="edge"\} 8$/m,
    );
    assert.deepEqual([hub.health, edge.health], Array(2).fill({ isFaulty: false, reason: 'learning' }));
  });

  it('needs only a federation, a broker, a task and an id', async () => {
    const { broker } = roles;
    const hub = roles.closing(await createCoordinator({ federation: 'demo', broker, task }));
    const edge = roles.closing(await joinFederation({ federation: 'demo', broker, id: 'edge' }));
    assert.equal(edge.task.name, hub.task.name);
  });

  it('accepts windows that are flat, row by row or typed', async () => {
    await coordinator();
    const edge = await member({ trigger: { newWindows: 0 } });
    const values = [1, 2, 3, 4, 5, 6, 7, 8];
    edge.add(values, 'moving');
    edge.add(
      values.map((value) => [value]),
      'resting',
    );
    edge.add(Float32Array.from(values), 'moving');
    assert.equal(edge.status.samples, 3);
  });

  it('ends the iterators of versions and rounds when it closes, and lets a reader leave', async () => {
    const hub = await coordinator();
    const edge = await member();
    const [versions, rounds] = [hub.versions(), edge.rounds()];
    feed(edge, 8, 6);
    for await (const round of rounds) {
      assert.equal(round.round, 1);
      break;
    }
    const seen: number[] = [];
    assert.equal((await versions.next()).value?.version, 1);
    const reading = (async () => {
      for await (const { version } of versions) seen.push(version);
    })();
    await edge.close();
    await hub.close();
    await reading;
    assert.deepEqual(seen, []);
    assert.deepEqual(await versions.next(), { value: undefined, done: true });
    assert.deepEqual(await edge.rounds().next(), { value: undefined, done: true });
  });

  it('keeps the model in its folder across a restart', async () => {
    const { folder } = roles;
    const first = await coordinator({ folder });
    const edge = await member({ folder: join(folder, 'edge') });
    const versions = first.versions();
    feed(edge, 8, 7);
    await versions.next();
    await first.close();
    const second = await coordinator({ folder });
    assert.equal(second.status.lineage, first.status.lineage);
    assert.equal(second.status.version, 1);
    assert.deepEqual(await readdir(join(folder, 'edge', 'outbox')), []);
  });

  it('hosts a broker for other gateways', async () => {
    const hub = await coordinator({ broker: { port: 0 } });
    const url = hub.brokerUrl;
    assert.match(url ?? '', /^mqtt:\/\/127\.0\.0\.1:\d+$/);
    const edge = await member({ broker: url! });
    assert.equal(edge.task.name, 'front door');
  });

  it('hosts a broker with a user for each gateway, which takes part with the rights of its own topics', async () => {
    const hub = await coordinator({ broker: { port: 0, usersFile: join(roles.folder, 'users.json') } });
    const { host } = new URL(hub.brokerUrl ?? '');
    await hub.hostedBroker?.addUser(
      { name: 'edge', role: { kind: 'gateway', federation: 'demo', gateway: 'edge' } },
      'of edge',
    );
    const edge = await member({ broker: `mqtt://edge:${encodeURIComponent('of edge')}@${host}` });
    const versions = hub.versions();
    feed(edge, 8, 7);
    assert.equal((await versions.next()).value?.version, 1);
    // Every topic of the protocol that a gateway and the coordinator use was allowed.
    assert.equal(hub.hostedBroker?.counts.refusedTopics, 0);
  });

  describe('closing', () => {
    it('is safe if it is called twice, also at the same time', async () => {
      const hub = await coordinator();
      const edge = await member();
      await Promise.all([edge.close(), edge.close(), hub.close(), hub.close()]);
      await edge.close();
      await hub.close();
      assert.equal(edge.status.phase, 'stopped');
      await assert.rejects(edge.predict(new Float32Array(8)), { code: 'cancelled' });
    });

    it('ends a join that still waits for a coordinator', async () => {
      const abort = new AbortController();
      const joining = member({ signal: abort.signal });
      abort.abort();
      await assert.rejects(joining, { code: 'cancelled' });
    });

    it('frees the port of a hosted broker when the role cannot be made', async () => {
      const port = await freePort();
      const failing = () => coordinator({ broker: { port }, task, initial: new Float32Array(1) });
      await assert.rejects(failing, /initial has 1 parameters/);
      const hub = await coordinator({ broker: { port } });
      assert.equal(hub.brokerUrl, `mqtt://127.0.0.1:${port}`);
    });

    it('is safe while the broker is away', async () => {
      const away = 'mqtt://127.0.0.1:1';
      const hub = await coordinator({ broker: away, membership: 'open' });
      assert.equal(hub.status.online, false);
      await hub.close();
      const abort = new AbortController();
      const joining = member({ broker: away, signal: abort.signal });
      setImmediate(() => abort.abort());
      await assert.rejects(joining, { code: 'cancelled' });
    });
  });

  describe('refuses, with the name of the option,', () => {
    const cases: [what: string, make: () => Promise<unknown>, pattern: RegExp][] = [
      [
        'a broker that is not a URL',
        () => member({ broker: 'somewhere' }),
        /broker: expected a URL .*got "somewhere"/,
      ],
      ['a broker of another protocol', () => member({ broker: 'http://x' }), /^broker: .*got "http:\/\/x"/],
      [
        'a broker without a scheme, whose password it hides',
        () => member({ broker: 'user:secret@host:1883' }),
        /^broker: .*got "\*\*\*@host:1883"$/,
      ],
      [
        'a broker without a host, whose password it hides',
        () => member({ broker: 'mqtt://user:secret@:1883' }),
        /^broker: .*got "mqtt:\/\/\*\*\*@:1883"$/,
      ],
      [
        'the port of a hosted broker, without its password',
        () => member({ broker: { port: '1883' as never, username: 'user', password: 'secret' } }),
        /^broker\.port: expected a whole number from 0 to 65535, got "1883"$/,
      ],
      [
        'a port that there is not',
        () => member({ broker: { port: 70_000 } }),
        /^broker\.port: expected a whole number from 0 to 65535, got 70000$/,
      ],
      [
        'a missing broker',
        () => member({ broker: undefined as unknown as string }),
        /broker: expected a URL/,
      ],
      [
        'a budget that is not a size',
        () => member({ budget: 'much' }),
        /budget: expected bytes .*got "much"/,
      ],
      ['a budget of 0', () => member({ budget: 0 }), /budget: expected bytes .*got 0/],
      [
        'a budget of less than a kilobyte',
        () => member({ budget: 192 }),
        /^budget: expected at least 1k .*got 192$/,
      ],
      [
        'an id that is not a level of a topic',
        () => member({ id: 'a/b' }),
        /^id: expected 1 to 64 letters.*, got "a\/b"$/,
      ],
      [
        'the id of a coordinator that is not a level of a topic',
        () => coordinator({ id: 'a/b' }),
        /^id: expected 1 to 64 letters.*, got "a\/b"$/,
      ],
      [
        'a federation without a name',
        () => member({ federation: '' }),
        /^federation: expected .*got the text ""/,
      ],
      [
        'a federation that is not a level of a topic',
        () => member({ federation: 'a/b' }),
        /federation: expected .*, got "a\/b"/,
      ],
      [
        'a member without an id',
        () => member({ id: undefined as unknown as string }),
        /^id: expected a text, got nothing/,
      ],
      [
        'an unknown option',
        () => member({ bugdet: '64k' } as never),
        /^bugdet: there is no field of this name/,
      ],
      ['a capacity of 0', () => member({ capacity: 0 }), /^capacity: .*got 0/],
      [
        'a trigger that is a text',
        () => member({ trigger: { newWindows: 'many' as never } }),
        /^trigger\.newWindows: expected a whole number of at least 0, got the text "many"/,
      ],
      [
        'a folder that is a number',
        () => coordinator({ folder: 7 as never }),
        /^folder: expected a text, got 7/,
      ],
      [
        'missing options',
        () => joinFederation(undefined as never),
        /^options: expected an object, got nothing/,
      ],
      [
        'a task without channels',
        () => coordinator({ task: { ...task, input: {} } as never }),
        /input\.channels/,
      ],
      [
        'a hosted broker open to all',
        () => coordinator({ broker: { port: 0, host: '0.0.0.0' }, membership: 'open' }),
        /username and a password/,
      ],
    ];
    for (const [what, make, pattern] of cases) {
      it(what, () =>
        assert.rejects(make(), (error: Error) => {
          assert.match(error.message, pattern);
          return true;
        }),
      );
    }

    it('a budget in which no part of the task fits, with what came and what is needed', async () => {
      await coordinator({ task: wideTask });
      await assert.rejects(member({ budget: '1k' }), (error: FtteError) => {
        assert.equal(error.code, 'budget-too-small');
        assert.match(error.message, /^budget: expected .*, got "1k": a budget of 1 KB is .* needs \d/);
        return true;
      });
    });

    it('a label that the task does not know, naming those that it knows', async () => {
      await coordinator();
      const edge = await member();
      assert.throws(() => edge.add(new Float32Array(8), 'flying'), /flying.*resting, moving/);
      assert.throws(() => edge.add(new Float32Array(7), 'moving'), { code: 'window-shape' });
      assert.equal(edge.status.samples, 0);
    });
  });

  it('says at once that the broker is away', async () => {
    const abort = new AbortController();
    const said = new Promise<string>((resolve) => {
      const log = { ...silentLog, warn: resolve };
      member({ broker: 'mqtt://127.0.0.1:1', signal: abort.signal, clock: new VirtualClock(), log }).catch(
        () => undefined,
      );
    });
    assert.equal(
      await said,
      'the broker mqtt://127.0.0.1:1 cannot be reached (ECONNREFUSED), trying again',
      'although no time passes on the clock of the member',
    );
    abort.abort();
  });

  it('does not quote the password of a broker in an error', async () => {
    const said: string[] = [];
    const log = {
      ...silentLog,
      warn: (text: string) => void said.push(text),
      error: (text: string) => void said.push(text),
    };
    const hub = await coordinator({ broker: 'mqtt://user:secret@127.0.0.1:1', membership: 'open', log });
    await hub.close();
    assert.ok(
      said.every((text) => !text.includes('secret')),
      said.join('\n'),
    );
  });
});

/** Predicts, and waits until a model has arrived. */
async function predicted(edge: FederationMember, window: Float32Array) {
  for (;;) {
    try {
      return await edge.predict(window);
    } catch (error) {
      if ((error as { code?: string }).code !== 'not-ready') throw error;
      await aMoment();
    }
  }
}
