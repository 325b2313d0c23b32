import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gatewayPolicy } from '../../../gateway/participant';
import { FtteError, VirtualClock } from '../../../gateway/platform';
import { Identity, invitationText, makeInvitation, saveOwnMembership } from '../../../gateway/security';
import { federationConfig } from '../../../nodes/ftte-federation/config';

const clock = new VirtualClock(1_800_000_000_000);
const place = (ownId = 'own-id', folder = '/nowhere', invitation?: string) => ({
  ownId: () => ownId,
  folder,
  existing: () => assert.fail('no broker of the MQTT nodes is chosen'),
  clock,
  ...(invitation && { invitation }),
});
const coordinator = Identity.create().publicKey;
const invitationFor = (more: Partial<Parameters<typeof makeInvitation>[0]> = {}) =>
  invitationText(
    makeInvitation({
      federation: 'lab',
      broker: 'mqtts://hub.example:8883',
      coordinator,
      expiresMs: clock.now() + 60_000,
      uses: 1,
      ...more,
    }),
  );

const hosted = { federation: 'clinic', gateway: 'pi-1', broker: 'hosted' };
const remote = { federation: 'clinic', gateway: 'pi-1', broker: 'url', url: 'mqtts://broker.example.com' };

describe('the federation node’s config', () => {
  it('hosts the broker on loopback at port 1883 by default', () => {
    assert.deepEqual(federationConfig(place(), hosted, {}), {
      membership: 'open',
      federation: 'clinic',
      gatewayId: 'pi-1',
      broker: { kind: 'hosted', port: 1883, bind: '127.0.0.1', user: '', password: '', certificate: '' },
      policy: gatewayPolicy(),
    });
  });

  it('reads the policy, in kilobytes and as the editor stores numbers', () => {
    const stored = {
      ...hosted,
      fewestSamples: '32',
      largestModel: '64',
      mostUpdates: '10',
      newTask: 'ask',
      largestEpsilon: '4',
    };
    const given = {
      fewestSamples: 32,
      largestModel: 65_536,
      mostUpdatesPerHour: 10,
      largestEpsilon: 4,
      newTask: 'ask',
    } as const;
    assert.deepEqual(federationConfig(place(), stored, {}).policy, gatewayPolicy(given));
  });

  it('reads an address, and takes mqtt if only a host was typed', () => {
    const { broker } = federationConfig(
      place(),
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

  it('has the id that was drawn for the gateway if none was given', () => {
    assert.equal(federationConfig(place('pi-drawn'), { ...hosted, gateway: '' }, {}).gatewayId, 'pi-drawn');
  });

  it('does not read the settings of the other kind of broker, which the dialog hides', () => {
    const undefinedVariable = ['$', '{FTTE_BROKER}'].join('');
    assert.equal(
      federationConfig(place(), { ...hosted, url: undefinedVariable, tls: undefinedVariable }, {}).broker
        .kind,
      'hosted',
    );
    const { broker } = federationConfig(
      place(),
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
        () => federationConfig(place(), stored, credentials),
        (error) =>
          error instanceof FtteError &&
          error.code === 'config-invalid' &&
          error.details['field'] === name &&
          !error.message.includes('secret'),
      );
    });
  }

  it('is open in flows from before invitations, and invited otherwise', () => {
    assert.equal(federationConfig(place(), hosted, {}).membership, 'open');
    assert.equal(federationConfig(place(), { ...hosted, configVersion: 2 }, {}).membership, 'invited');
    const open = { ...hosted, configVersion: 2, membership: 'open' };
    assert.equal(federationConfig(place(), open, {}).membership, 'open');
  });

  it('needs no password for a broker in the network if gateways are invited', () => {
    const stored = { ...hosted, membership: 'invited', bind: '0.0.0.0' };
    assert.equal(federationConfig(place(), stored, {}).broker.user, '');
  });

  describe('of a gateway with an invitation', () => {
    const joins = { membership: 'invitation', federation: 'other', broker: 'hosted', configVersion: 2 };
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'ftte-config-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('takes federation, broker and login from it, and its own gateway id if it names none', () => {
      const credentials = { user: 'clinic', password: 'shared' };
      const line = invitationFor({ credentials });
      const config = federationConfig(place('pi-drawn', folder), joins, { invitation: ` ${line}\n` });
      assert.equal(config.federation, 'lab');
      assert.equal(config.gatewayId, 'pi-drawn');
      assert.deepEqual(config.broker, {
        kind: 'url',
        url: 'mqtts://hub.example:8883',
        ...credentials,
        tls: '',
        largest: 128.1875,
      });
      const named = federationConfig(place('a', folder), { ...joins, gateway: 'pi-1' }, { invitation: line });
      assert.equal(named.gatewayId, 'pi-1');
      const suggested = invitationFor({ suggestedId: 'bed-7' });
      assert.equal(federationConfig(place('a', folder, suggested), joins, {}).gatewayId, 'bed-7');
    });

    it('logs in as the user that the invitation gives this gateway alone', () => {
      const line = invitationFor({ ownLogin: true });
      const of = (gateway: string) =>
        federationConfig(place('a', folder), { ...joins, gateway }, { invitation: line }).broker;
      assert.match(of('pi-1').user, /^pi-1\/[0-9a-f]{16}$/);
      assert.notEqual(of('pi-1').password, of('pi-2').password);
      assert.equal(of('pi-1').password, of('pi-1').password);
    });

    it('needs its folder alone once the gateway has joined, and keeps its id', async () => {
      await saveOwnMembership(join(folder, 'security', 'membership.bin'), {
        federation: 'lab',
        gateway: 'bed-7',
        broker: 'mqtt://hub:1883',
        coordinator,
        admitted: true,
      });
      const known = federationConfig(place('a', folder), joins, {});
      assert.deepEqual([known.federation, known.gatewayId], ['lab', 'bed-7']);
      const late = { invitation: invitationFor({ expiresMs: 1_000_000, suggestedId: 'bed-9' }) };
      assert.equal(federationConfig(place('a', folder), joins, late).gatewayId, 'bed-7');
      assert.throws(
        () => federationConfig(place('a', folder), { ...joins, gateway: 'pi-1' }, {}),
        /id: expected bed-7, .* got pi-1/,
      );
      const foreign = invitationFor({ coordinator: Identity.create().publicKey });
      assert.throws(
        () => federationConfig(place('a', folder), joins, { invitation: foreign }),
        /whose key this folder has pinned, got one of another coordinator/,
      );
    });

    const mistakes: [string, () => string, string, RegExp][] = [
      ['none', () => '', 'invitation-form', /Ask its operator for an invitation/],
      ['another text', () => 'hello', 'invitation-form', /Copy the whole line/],
      [
        'one that is cut off',
        () => invitationFor().slice(0, -9),
        'invitation-cut',
        /Copy the whole line to its end/,
      ],
      ['one with a mistake', () => `${invitationFor().slice(0, 40)}!${invitationFor().slice(41)}`, 'invitation-mistyped', /Copy it instead of typing it/], // biome-ignore format: one line
      ['one that has expired', () => invitationFor({ expiresMs: 1_000_000 }), 'invitation-expired', /ask for a new invitation/], // biome-ignore format: one line
    ];
    for (const [what, text, reason, advice] of mistakes) {
      it(`says what is wrong with ${what}, and what to ask for`, () => {
        assert.throws(
          () => federationConfig(place('a', folder), joins, { invitation: text() }),
          (error) =>
            error instanceof FtteError &&
            error.code === 'config-invalid' &&
            error.details['reason'] === reason &&
            advice.test(error.message),
        );
      });
    }
  });
});
