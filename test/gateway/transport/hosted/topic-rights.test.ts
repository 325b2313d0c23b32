import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { filterOf, topicOf } from '../../../../gateway/session';
import {
  emqxRules,
  HostedBroker,
  mosquittoRules,
  TopicRights,
  topicMatches,
} from '../../../../gateway/transport';
import { type RoleMessageType, routes } from '../../../../gateway/wire';
import { findProgram, startMosquitto } from '../../../../tools/support/mosquitto';
import { BareClient } from './bare-client';

const types = Object.keys(routes) as RoleMessageType[];
const gateway = TopicRights.of({ kind: 'gateway', federation: 'clinic', gateway: 'gw-1' });
const coordinator = TopicRights.of({ kind: 'coordinator', federation: 'clinic' });

describe('the rights of the users of a broker', () => {
  for (const type of types) {
    const isFromGateway = routes[type].branch === 'gw';
    it(`let ${isFromGateway ? 'a gateway' : 'the coordinator'} publish ${type}, and the other side receive it`, () => {
      const topic = topicOf('clinic', type, 'gw-1');
      assert.equal(gateway.mayPublish(topic), isFromGateway);
      assert.equal(gateway.maySubscribe(filterOf('clinic', type, 'gw-1')), !isFromGateway);
      assert.ok(coordinator.mayPublish(topic));
      assert.ok(coordinator.maySubscribe(filterOf('clinic', type, 'hub')));
    });
  }

  it('cover a filter only if they cover each topic that it matches', () => {
    const level = fc.constantFrom('ftte', 'v1', 'clinic', 'gw', 'gw-1', 'all', 'to', '+', 'x', '');
    const filter = fc
      .tuple(fc.array(level, { minLength: 1, maxLength: 7 }), fc.boolean())
      .map(([levels, isOpen]) => [...levels, ...(isOpen ? ['#'] : [])].join('/'));
    const topics = fc.array(fc.constantFrom('ftte', 'v1', 'clinic', 'gw', 'gw-1', 'all', 'to', 'x', ''), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(filter, topics, (wanted, levels) => {
        const topic = levels.join('/');
        for (const rights of [gateway, coordinator, TopicRights.all])
          if (rights.maySubscribe(wanted) && topicMatches(wanted, topic))
            assert.ok(rights.mayReceive(topic), `${wanted} was allowed and matches ${topic}`);
      }),
      { numRuns: 3000 },
    );
  });

  it('are those of the ACL in docs/protocol.md, for Mosquitto and for EMQX', () => {
    const page = readFileSync(join(__dirname, '../../../../docs/protocol.md'), 'utf8');
    const block = (name: string) =>
      new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1]?.trimEnd();
    const names = { federation: 'clinic', coordinator: 'coordinator' };
    assert.equal(block('acl'), mosquittoRules(names).join('\n'));
    assert.equal(block('erlang'), emqxRules(names).join('\n'));
  });
});

const users = { coordinator: 'pw-coordinator', 'gw-1': 'pw-1', 'gw-2': 'pw-2' };

interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

const brokers: Record<string, () => Promise<Broker>> = {
  async hosted() {
    const broker = new HostedBroker({ port: 0 });
    await broker.start();
    for (const [name, password] of Object.entries(users))
      await broker.addUser(
        {
          name,
          role:
            name === 'coordinator'
              ? { kind: 'coordinator', federation: 'clinic' }
              : { kind: 'gateway', federation: 'clinic', gateway: name },
        },
        password,
      );
    return { url: broker.url, stop: () => broker.stop() };
  },
  async mosquitto() {
    const acl = mosquittoRules({ federation: 'clinic', coordinator: 'coordinator' });
    const broker = await startMosquitto({ users, acl });
    return { url: `mqtt://127.0.0.1:${broker.port}`, stop: () => broker.stop() };
  },
};

const published = [
  'ftte/v1/clinic/gw/gw-1/update',
  'ftte/v1/clinic/gw/gw-1',
  'ftte/v1/clinic/gw/gw-1/deep/er',
  'ftte/v1/clinic/gw/gw-2/update',
  'ftte/v1/clinic/gw/gw-11/update',
  'ftte/v1/clinic/to/gw-1/ack',
  'ftte/v1/clinic/to/gw-2/ack',
  'ftte/v1/clinic/all/claim',
  'ftte/v1/clinic',
  'ftte/v1/lab/gw/gw-1/update',
  'ftte/v1/lab/all/task',
  'ftte/v2/clinic/gw/gw-1/update',
  'home/kitchen/light',
  '/ftte/v1/clinic/all/head',
];

/** Filters that the rights cover, or topics: brokers agree on them. */
const filters = [
  'ftte/v1/clinic/to/gw-1/#',
  'ftte/v1/clinic/to/gw-1/ack',
  'ftte/v1/clinic/to/gw-2/ack',
  'ftte/v1/clinic/all/#',
  'ftte/v1/clinic/all/+',
  'ftte/v1/clinic/gw/gw-1/update',
  'ftte/v1/clinic/gw/gw-2/update',
  'ftte/v1/lab/all/task',
  'home/kitchen/light',
];

/** The messages that arrive, and at whom, when each user publishes on each topic: `sender > topic > receiver through filter`. */
async function arrivals({ url }: Broker): Promise<string[]> {
  const names = Object.keys(users) as (keyof typeof users)[];
  const login = (name: keyof typeof users) => ({ username: name, password: users[name] });
  const senders = await Promise.all(names.map((name) => BareClient.connect(url, login(name))));
  const found = new Set<string>();
  for (const filter of filters) {
    const receivers = await Promise.all(names.map((name) => BareClient.connect(url, login(name))));
    // The last message for each: all others have come before it.
    const ends = names.map((name) => `ftte/v1/clinic/to/${name}/end`);
    for (const [i, receiver] of receivers.entries()) {
      await receiver.subscribe(filter);
      await receiver.subscribe(ends[i] ?? '');
    }
    for (const [i, name] of names.entries())
      for (const topic of published)
        assert.ok(await senders[i]?.publish(topic, `${name} > ${topic}`), 'MQTT 3.1.1 confirms all');
    for (const end of ends) await senders[0]?.publish(end, 'end');
    await Promise.all(receivers.map((receiver) => receiver.until('end')));
    for (const [i, receiver] of receivers.entries())
      for (const text of receiver.texts())
        if (text !== 'end') found.add(`${text} > ${names[i]} through ${filter}`);
    await Promise.all(receivers.map((receiver) => receiver.end()));
  }
  await Promise.all(senders.map((sender) => sender.end()));
  return [...found].sort();
}

(findProgram('mosquitto') ? describe : describe.skip)(
  'the hosted broker and Mosquitto with `ftte acl`',
  () => {
    it('deliver the same messages to the same users, case by case', async () => {
      const results: string[][] = [];
      for (const start of [brokers['hosted'], brokers['mosquitto']]) {
        const broker = await start!();
        try {
          results.push(await arrivals(broker));
        } finally {
          await broker.stop();
        }
      }
      const [hosted = [], mosquitto] = results;
      assert.deepEqual(hosted, mosquitto);
      const expected = (line: string) => assert.ok(hosted.includes(line), line);
      expected('coordinator > ftte/v1/clinic/to/gw-1/ack > gw-1 through ftte/v1/clinic/to/gw-1/#');
      expected('gw-1 > ftte/v1/clinic/gw/gw-1/update > coordinator through ftte/v1/clinic/gw/gw-1/update');
      const forged = hosted.filter((line) => /^gw-1 > (?!ftte\/v1\/clinic\/gw\/gw-1(\/| ))/.test(line));
      assert.deepEqual(forged, []);
    });

    it('both deliver nothing through a wildcard that is not covered; the hosted broker refuses it at once', async () => {
      for (const [name, start] of Object.entries(brokers)) {
        const broker = await start();
        const hub = await BareClient.connect(broker.url, {
          username: 'coordinator',
          password: users.coordinator,
        });
        const spy = await BareClient.connect(broker.url, { username: 'gw-1', password: users['gw-1'] });
        try {
          for (const filter of [
            '#',
            '+/+/+/+/+/+',
            'ftte/#',
            'ftte/v1/clinic/gw/+/update',
            'ftte/v1/+/to/gw-1/ack',
          ]) {
            const granted = await spy.subscribe(filter);
            if (name === 'hosted') assert.equal(granted, 128, filter);
          }
          await spy.subscribe('ftte/v1/clinic/to/gw-1/end');
          await hub.publish('ftte/v1/clinic/gw/gw-2/update', 'of another');
          await hub.publish('ftte/v1/clinic/to/gw-2/ack', 'for another');
          await hub.publish('ftte/v1/clinic/to/gw-1/end', 'end');
          await spy.until('end');
          assert.deepEqual([...new Set(spy.texts())], ['end'], name);
        } finally {
          await Promise.all([hub.end(), spy.end()]);
          await broker.stop();
        }
      }
    });
  },
);
