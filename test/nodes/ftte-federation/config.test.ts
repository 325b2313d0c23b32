import assert from 'node:assert/strict';
import { gatewayPolicy } from '../../../gateway/participant';
import { FtteError } from '../../../gateway/platform';
import { defaultGatewayId, federationConfig } from '../../../nodes/ftte-federation/config';

const hosted = { federation: 'clinic', gateway: 'pi-1', broker: 'hosted' };
const remote = { federation: 'clinic', gateway: 'pi-1', broker: 'url', url: 'mqtts://broker.example.com' };

describe('the federation node’s config', () => {
  it('hosts the broker on loopback at port 1883 by default', () => {
    assert.deepEqual(federationConfig('node', hosted, {}), {
      federation: 'clinic',
      gatewayId: 'pi-1',
      broker: { kind: 'hosted', port: 1883, bind: '127.0.0.1', user: '', password: '', certificate: '' },
      policy: gatewayPolicy(),
    });
  });

  it('reads the policy, in kilobytes and as the editor stores numbers', () => {
    const stored = { ...hosted, fewestSamples: '32', largestModel: '64', mostUpdates: '10', newTask: 'ask' };
    const given = {
      fewestSamples: 32,
      largestModel: 65_536,
      mostUpdatesPerHour: 10,
      newTask: 'ask',
    } as const;
    assert.deepEqual(federationConfig('node', stored, {}).policy, gatewayPolicy(given));
  });

  it('reads an address, and takes mqtt if only a host was typed', () => {
    const { broker } = federationConfig(
      'node',
      { ...remote, url: 'broker.local:1884' },
      { user: 'u', password: 'p' },
    );
    assert.deepEqual(broker, {
      kind: 'url',
      url: 'mqtt://broker.local:1884',
      user: 'u',
      password: 'p',
      tls: '',
      largest: 128.1875,
    });
  });

  it('makes a gateway id from machine and node if none was given', () => {
    const { gatewayId } = federationConfig('a1b2c3d4e5', { ...hosted, gateway: '' }, {});
    assert.match(gatewayId, /^[a-z0-9-]+-a1b2c3$/);
    assert.equal(defaultGatewayId('Room_3 (Pi).hospital.local', 'a1b2c3d4'), 'room-3-pi-a1b2c3');
    assert.equal(defaultGatewayId('---', 'x'), 'gateway-x');
  });

  it('does not read the settings of the other kind of broker, which the dialog hides', () => {
    const undefinedVariable = ['$', '{FTTE_BROKER}'].join('');
    assert.equal(
      federationConfig('node', { ...hosted, url: undefinedVariable, tls: undefinedVariable }, {}).broker.kind,
      'hosted',
    );
    const { broker } = federationConfig(
      'node',
      { ...remote, port: 'none', bind: undefinedVariable, certificate: undefinedVariable },
      {},
    );
    assert.equal(broker.kind, 'url');
  });

  const wrong: [string, object, object, string][] = [
    ['no federation', { ...hosted, federation: ' ' }, {}, 'federation'],
    ['a federation with a topic separator', { ...hosted, federation: 'a/b' }, {}, 'federation'],
    ['a gateway with a wildcard', { ...hosted, gateway: '+' }, {}, 'gateway'],
    ['a policy without samples', { ...hosted, fewestSamples: '0' }, {}, 'fewestSamples'],
    ['a largest message that no part fits into', { ...remote, largest: '1' }, {}, 'largest'],
    ['a port that is none', { ...hosted, port: '70000' }, {}, 'port'],
    [
      'a broker open to the network without a password',
      { ...hosted, bind: '0.0.0.0' },
      { user: 'u' },
      'password',
    ],
    ['a hosted broker with a user and no password', hosted, { user: 'u' }, 'password'],
    ['a hosted broker with a password and no user', hosted, { password: 'secret' }, 'user'],
    ['no address', { ...remote, url: '' }, {}, 'url'],
    ['an address of another kind', { ...remote, url: 'http://broker' }, {}, 'url'],
    ['an address that is none', { ...remote, url: 'mqtt://' }, {}, 'url'],
    ['a password in an address of another kind', { ...remote, url: 'http://me:secret@broker' }, {}, 'url'],
    ['a password in an address that is none', { ...remote, url: 'mqtt://me:sec ret@:secret@' }, {}, 'url'],
    ['a token in an address of another kind', { ...remote, url: 'https://broker/?token=secret' }, {}, 'url'],
    ['a password in the address', { ...remote, url: 'mqtt://me:secret@broker' }, {}, 'url'],
  ];
  for (const [what, stored, credentials, name] of wrong) {
    it(`refuses ${what}, naming the field`, () => {
      assert.throws(
        () => federationConfig('node', stored, credentials),
        (error) =>
          error instanceof FtteError &&
          error.code === 'config-invalid' &&
          error.details['field'] === name &&
          !error.message.includes('secret'),
      );
    });
  }
});
