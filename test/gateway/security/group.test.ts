import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SeededRandom } from '../../../gateway/platform';
import {
  decodeWelcome,
  deriveMaterial,
  encodeWelcome,
  externalData,
  GroupReceiver,
  GroupSender,
  Identity,
  readEncrypt0,
  Sealer,
  sign1,
} from '../../../gateway/security';
import { encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { bigEndian } from '../../../gateway/security/pair/sealing';
import { root } from '../../support/source-files';
import { federation, makeCoordinator, makeGateway, meet, topics } from './federation';
import { disturbed, hexOf, refused, refusesCleanly, seededEntropy, utf8 } from './support';

const { patch, task } = topics;

function setUp(epoch = 1_000) {
  const identity = Identity.create(seededEntropy('coordinator'));
  const sender = new GroupSender({ identity, federation, epoch, entropy: seededEntropy(`group ${epoch}`) });
  const member = new GroupReceiver(federation, identity.publicKey);
  member.welcome(sender.secret);
  return { identity, sender, member };
}

describe('broadcasts', () => {
  it('open for members, and for nobody without the key of their epoch (P-21, P-22)', () => {
    const { identity, sender, member } = setUp();
    const bytes = sender.seal(patch, utf8('a patch'));
    assert.ok(!hexOf(bytes).includes(hexOf(utf8('a patch'))), 'the broker sees no content');
    assert.deepEqual(member.open(patch, bytes), utf8('a patch'));
    refused('unknown-epoch', () => new GroupReceiver(federation, identity.publicKey).open(patch, bytes));
    const wrong = new GroupReceiver(federation, identity.publicKey);
    wrong.welcome({ epoch: 1_000, secret: new Uint8Array(32) });
    refused('forged', () => wrong.open(patch, bytes));
  });

  /** A seal by a member, which has the group key. */
  const forge = (sender: GroupSender, topic: string, content: Uint8Array, counter: number) => {
    const { epoch, secret } = sender.secret;
    const key = Identity.create(seededEntropy('coordinator')).publicKey;
    const material = deriveMaterial(secret, ['ftte group', 2, federation, key.bytes, epoch]);
    return new Sealer(material, bigEndian(epoch), counter).seal(topic, content);
  };

  it('cannot be made by a member, although it has the key (P-21)', () => {
    const { sender, member } = setUp();
    const mallory = Identity.create(seededEntropy('mallory'));
    const signed = sign1(mallory, utf8('evil'), externalData(patch, 1_000, 50));
    refused('forged', () => member.open(patch, forge(sender, patch, signed, 50)));
    refused('not-cose', () => member.open(patch, forge(sender, patch, utf8('evil'), 51)));
    // A counter that was forged does not shut the coordinator out.
    assert.deepEqual(member.open(patch, sender.seal(patch, utf8('real'))), utf8('real'));
  });

  it('cannot be repeated by a member under another counter or topic (P-21)', () => {
    const { identity, sender, member } = setUp();
    const spy = new GroupReceiver(federation, identity.publicKey);
    spy.welcome(sender.secret);
    let signed = new Uint8Array(0);
    const { epoch, secret } = sender.secret;
    const material = deriveMaterial(secret, ['ftte group', 2, federation, identity.publicKey.bytes, epoch]);
    const bytes = sender.seal(patch, utf8('version 1'));
    signed = readEncrypt0(bytes).open(material.key, material.contextIv, externalData(patch)) as typeof signed;
    member.open(patch, bytes);
    refused('forged', () => member.open(patch, forge(sender, patch, signed, 9)));
    refused('forged', () => member.open(task, forge(sender, task, signed, 0)));
    refused('repeated', () => member.open(patch, bytes));
  });

  it('that are retained open again, as a broker sends them at each subscription (P-18)', () => {
    const { sender, member } = setUp();
    const bytes = sender.seal(task, utf8('task'));
    for (let i = 0; i < 3; i++) assert.deepEqual(member.open(task, bytes, true), utf8('task'));
  });

  it('of the epoch before still open while a key is changed, and those before that do not (P-22)', () => {
    const { sender, member } = setUp();
    const old = sender.seal(patch, utf8('0'));
    member.welcome(sender.rotate());
    assert.deepEqual(member.open(patch, old), utf8('0'));
    refused('repeated', () => member.open(patch, old));
    const next = sender.seal(patch, utf8('1'));
    member.welcome(sender.rotate());
    member.welcome(sender.secret);
    assert.deepEqual(member.open(patch, next), utf8('1'));
    refused('unknown-epoch', () => member.open(patch, old));
    assert.deepEqual(member.open(patch, sender.seal(patch, utf8('2'))), utf8('2'));
  });

  it('do not open for a member that was revoked before them (P-22, P-27)', async () => {
    const coordinator = await makeCoordinator();
    const [stays, leaves] = [makeGateway('gw-1', coordinator), makeGateway('gw-2', coordinator)];
    const welcome = topics.ack('welcome');
    const pairs = new Map<string, Awaited<ReturnType<typeof meet>>['pair']>();
    const greetAll = () => {
      for (const { id, group, pairing } of [stays, leaves]) {
        if (coordinator.registry.member(id)?.revokedMs !== undefined) continue;
        const content = encodeWelcome({ ...coordinator.group.secret, counter: 0 });
        const bytes = pairs.get(id)!.sealer.seal(welcome, content);
        group.welcome(decodeWelcome(pairing.pair!.opener.open(welcome, bytes).payload));
      }
    };
    for (const gateway of [stays, leaves])
      pairs.set(gateway.id, (await meet(coordinator, gateway, await coordinator.invite())).pair);
    greetAll();
    const both = coordinator.group.seal(patch, utf8('both'));
    for (const { group } of [stays, leaves]) group.open(patch, both);
    await coordinator.registry.revoke('gw-2');
    coordinator.group.rotate();
    greetAll();
    const later = coordinator.group.seal(patch, utf8('later'));
    assert.deepEqual(stays.group.open(patch, later), utf8('later'));
    refused('unknown-epoch', () => leaves.group.open(patch, later));
  });

  it('have another key in each run, also for one epoch number (P-22)', () => {
    const { sender } = setUp(1_000);
    const other = new GroupSender({
      identity: Identity.create(seededEntropy('coordinator')),
      federation,
      epoch: 1_000,
    });
    assert.notDeepEqual(sender.secret.secret, other.secret.secret);
    assert.equal(sender.rotate().epoch, 1_001);
  });

  it('and all other messages have the overhead that docs/protocol.md says', () => {
    const document = readFileSync(join(root, 'docs', 'protocol.md'), 'utf8');
    const identity = Identity.create();
    const material = deriveMaterial(new Uint8Array(32), ['overhead']);
    const row = (name: string, seal: (payload: Uint8Array) => Uint8Array) =>
      `| ${[name, ...[20, 1_000, 100_000].map((length) => seal(new Uint8Array(length)).length - length)].join(' | ')} |`;
    const rows = [
      row('signed', (payload) => sign1(identity, payload, externalData(patch))),
      row('sealed (3 more for the largest counters)', (payload) => new Sealer(material).seal(patch, payload)),
      // The first epoch is the seconds since 1970.
      row('signed and sealed for all', (payload) => setUp(1_790_000_000).sender.seal(patch, payload)),
    ];
    assert.ok(document.includes(rows.join('\n')), rows.join('\n'));
    const last = new Sealer(material, undefined, 2 ** 32 - 1);
    assert.equal(last.seal(patch, new Uint8Array(20)).length, 20 + 28 + 3);
  });

  it('and welcomes are refused with the error of this room, and nothing else, however they were changed', () => {
    const { sender, member } = setUp();
    const random = new SeededRandom(5);
    const bytes = sender.seal(task, utf8('a task'));
    const welcome = encodeWelcome({ ...sender.secret, counter: 7 });
    for (let i = 0; i < 3_000; i++) {
      refusesCleanly(() => member.open(task, disturbed(bytes, random), true));
      refusesCleanly(() => decodeWelcome(disturbed(welcome, random)));
    }
    assert.deepEqual(member.open(task, bytes, true), utf8('a task'));
    refused('welcome', () => decodeWelcome(encodeDeterministic(new Map([[1, 5]]))));
    assert.deepEqual(decodeWelcome(welcome), { ...sender.secret, counter: 7 });
  });
});
