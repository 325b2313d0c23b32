import assert from 'node:assert/strict';
import { join } from 'node:path';

import federationNode = require('../../../nodes/ftte-federation/ftte-federation');

import { federationOf } from '../../../nodes/runtime';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { nodeRedFolder } from '../../support/node-red/node-red-folder';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const mqttNodes = require(join(nodeRedFolder(), '..', '@node-red', 'nodes', 'core', 'network', '10-mqtt.js'));
const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;

(findProgram('mosquitto') ? describe : describe.skip)(
  'the federation node at the broker that the MQTT nodes use',
  () => {
    useNodeRed();
    let broker: Mosquitto;
    before(async () => {
      broker = await startMosquitto({ users: { clinic: 'secret' } });
    });
    after(() => broker?.stop());

    /** @param changes of the `mqtt-broker` node */
    const load = (changes: object = {}, existing = 'shared') =>
      helper.load(
        [mqttNodes, federationNode],
        [
          { id: 'tab', type: 'tab', label: 'test' },
          {
            ...{ id: 'shared', type: 'mqtt-broker', broker: '127.0.0.1', port: String(broker.port) },
            ...{ clientid: 'of-the-mqtt-nodes', protocolVersion: '4', ...changes },
          },
          { id: 'in', type: 'mqtt in', z: 'tab', broker: 'shared', topic: 'ftte/#', wires: [['out']] },
          { id: 'out', type: 'helper', z: 'tab' },
          {
            ...{
              id: 'a',
              type: 'ftte-federation',
              membership: 'open',
              federation: 'clinic',
              gateway: 'gw-a',
            },
            ...{ broker: 'existing', existing },
          },
        ],
        { shared: { user: 'clinic', password: 'secret' } },
      );

    it('takes its address and login, and connects beside them as a client of its own', async () => {
      await load();
      const seen = new Promise<{ topic: string }>((resolve) => helper.getNode('out').once('input', resolve));
      const { session } = federationOf(RED, 'a');
      await session.send({ type: 'presence', online: true });
      assert.match((await seen).topic, /^ftte\/.*clinic.*gw-a/);
      assert.deepEqual(logged('error'), []);
    });

    const cases: [title: string, changes: object, existing: string, reason: RegExp][] = [
      ['disabled', { d: true }, 'shared', /^existing: .*missing, disabled, or not deployed/],
      ['missing', {}, 'gone', /^existing: .*missing, disabled, or not deployed/],
      ['not chosen', {}, '', /^existing: expected one of the MQTT brokers.*empty field/],
      ['another kind of node', {}, 'in', /^existing: .*missing, disabled, or not deployed/],
      ['at an address that is none', { broker: 'http://x' }, 'shared', /^existing: expected mqtt:\/\//],
    ];
    for (const [title, changes, existing, reason] of cases)
      it(`stays offline where that broker is ${title}, and says so`, async () => {
        await load(changes, existing);
        const [said = ''] = logged('warn', 'a');
        assert.match(said.replace('[config-invalid] ', ''), reason);
        assert.throws(() => federationOf(RED, 'a').session);
      });
  },
);
