import assert from 'node:assert/strict';
import { join } from 'node:path';

import federationNode = require('../../../nodes/ftte-federation/ftte-federation');

import { federationOf } from '../../../nodes/runtime';
import { findProgram, startWebSocketMosquitto } from '../../../tools/support/mosquitto';
import { type CertificateFiles, mosquittoTls, selfSigned } from '../../gateway/transport/certificate';
import { nodeRedFolder } from '../../support/node-red/node-red-folder';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

const tlsNode = require(join(nodeRedFolder(), '..', '@node-red', 'nodes', 'core', 'network', '05-tls.js'));
const mqttNodes = require(join(nodeRedFolder(), '..', '@node-red', 'nodes', 'core', 'network', '10-mqtt.js'));
const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;

(findProgram('mosquitto') && findProgram('openssl') ? describe : describe.skip)(
  'the federation node at a broker behind wss:// whose certificate is its own',
  () => {
    useNodeRed();
    let files: CertificateFiles;
    let broker: Awaited<ReturnType<typeof startWebSocketMosquitto>>;

    before(async () => {
      files = selfSigned(['DNS:broker.clinic']);
      broker = await startWebSocketMosquitto(mosquittoTls, files);
    });
    after(() => broker?.stop());

    /** @param changes of the federation node */
    async function load(tls: object, credentials: object, changes: object = {}): Promise<void> {
      const url = `wss://127.0.0.1:${broker.port}/mqtt`;
      const paths = { cert: '', key: '', ca: '' };
      await helper.load(
        [tlsNode, mqttNodes, federationNode],
        [
          { id: 'tab', type: 'tab', label: 'test' },
          {
            id: 'secure',
            type: 'tls-config',
            name: 'of the clinic',
            verifyservercert: true,
            ...paths,
            ...tls,
          },
          {
            id: 'a',
            type: 'ftte-federation',
            name: 'node a',
            federation: 'clinic',
            gateway: 'gw-a',
            broker: 'url',
            url,
            tls: 'secure',
            ...changes,
          },
          { id: 'shared', type: 'mqtt-broker', broker: url, usetls: true, tls: 'secure' },
        ],
        { secure: credentials },
      );
    }

    /** The first end of an attempt: a connection, or what is wrong. */
    function outcome(): Promise<string> {
      return new Promise((resolve) => {
        federationOf(RED, 'a').onConnection((state, error) => {
          if (state === 'online') resolve('online');
          else if (error) resolve(error.message);
        });
      });
    }

    it('connects with the certificate and the server name of the chosen TLS configuration, and receives', async () => {
      await load({ servername: 'broker.clinic' }, { cadata: files['cert.pem'].toString() });
      assert.equal(await outcome(), 'online');
      const { session } = federationOf(RED, 'a');
      const heard = new Promise<string>((resolve) => {
        void session
          .subscribe('presence', ({ sender, online }) => resolve(`${sender} ${online}`))
          .then(() => session.send({ type: 'presence', online: true }));
      });
      assert.equal(await heard, 'gw-a true');
      assert.deepEqual(logged('error'), []);
    });

    it('connects with the certificate of the broker that the MQTT nodes use', async () => {
      const existing = { broker: 'existing', existing: 'shared', url: '', tls: '' };
      await load({ servername: 'broker.clinic' }, { cadata: files['cert.pem'].toString() }, existing);
      assert.equal(await outcome(), 'online');
      await helper.unload();
      await load({}, {}, existing);
      assert.match(await outcome(), /no TLS connection to the broker wss:.*self.signed/);
    });

    it("says what is wrong where the certificate is not known, or is another server's", async () => {
      await load({ servername: 'broker.clinic' }, {});
      assert.match(await outcome(), /no TLS connection to the broker wss:.*self.signed/);
      await helper.unload();
      await load({ servername: 'elsewhere' }, { cadata: files['cert.pem'].toString() });
      assert.match(await outcome(), /no TLS connection.*elsewhere/);
    });
  },
);
