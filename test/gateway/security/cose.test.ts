import assert from 'node:assert/strict';
import { createHash, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import {
  encrypt0,
  externalData,
  Identity,
  kindOf,
  mostPayloadBytes,
  PublicKey,
  readEncrypt0,
  readSign1,
  sign1,
} from '../../../gateway/security';
import { encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { encodeMessage } from '../../../gateway/wire';
import { bytesOf, disturbed, hexOf, noise, refused, refusesCleanly, utf8 } from './support';

/** RFC 8032, section 7.1: private key, public key, message, signature. */
const rfc8032: readonly [string, string, string, string, string][] = [
  [
    'TEST 1',
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    'TEST 2',
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'TEST 3',
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
  [
    'TEST SHA(abc)',
    '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    createHash('sha512').update('abc').digest('hex'),
    'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  ],
];

const content = utf8('This is the content.');
const none = new Uint8Array(0);

/** The COSE working group's examples (github.com/cose-wg/Examples): eddsa-sig-01 and aes-gcm-enc-03. */
const eddsaSig01 =
  'd28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d';
const aesGcmEnc03 =
  'd08343a10103a1054c02d1f7e6f26c43d4868d87ce58249d64a5a59a3b04867dccf6b8ef82f7d1a3b25ef84eca2bc5d7593a96e943859a9cc24ad3';
const contentKey = createSecretKey(
  bytesOf('0f1e2d3c4b5a69788796a5b4c3d2e1f01f2e3d4c5b6a798897a6b5c4d3e2f100'),
);
const iv = bytesOf('02d1f7e6f26c43d4868d87ce');

const identity = new Identity(bytesOf(rfc8032[0]![1]));
const topic = 'ftte/v2/clinic/all/claim';
const signed = sign1(identity, content, externalData(topic));
const nonce = bytesOf('000000000000000000000001');
const sealed = encrypt0(contentKey, nonce, content, externalData(topic), { partialIv: Uint8Array.of(1) });

describe('signatures', () => {
  for (const [name, seed, publicKey, message, signature] of rfc8032) {
    it(`are those of RFC 8032, ${name} (P-3)`, () => {
      const signer = new Identity(bytesOf(seed));
      assert.equal(hexOf(signer.publicKey.bytes), publicKey);
      assert.equal(hexOf(signer.sign(bytesOf(message))), signature);
      assert.ok(PublicKey.of(bytesOf(publicKey)).verify(bytesOf(message), bytesOf(signature)));
      assert.ok(!PublicKey.of(bytesOf(publicKey)).verify(bytesOf(`${message}00`), bytesOf(signature)));
    });
  }

  it('with S beyond the order of the group are refused (RFC 8032, section 5.1.7)', () => {
    const [, , publicKey, message, signature] = rfc8032[0]!;
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = Buffer.from(signature.slice(64), 'hex').reverse().toString('hex');
    const beyond = Buffer.from((BigInt(`0x${s}`) + order).toString(16).padStart(64, '0'), 'hex').reverse();
    const forged = bytesOf(signature.slice(0, 64) + beyond.toString('hex'));
    assert.ok(!PublicKey.of(bytesOf(publicKey)).verify(bytesOf(message), forged));
  });
});

describe('COSE structures', () => {
  it('are the bytes of the working group: COSE_Sign1, eddsa-sig-01', () => {
    const headers = { contentType: 0, keyId: utf8('11') };
    assert.equal(hexOf(sign1(identity, content, none, headers)), eddsaSig01);
    const read = readSign1(bytesOf(eddsaSig01));
    read.verify(identity.publicKey, none);
    assert.deepEqual([read.payload, read.headers], [content, headers]);
  });

  it('are the bytes of the working group: COSE_Encrypt0, aes-gcm-enc-03', () => {
    assert.equal(hexOf(encrypt0(contentKey, iv, content, none, { iv })), aesGcmEnc03);
    const read = readEncrypt0(bytesOf(aesGcmEnc03));
    assert.deepEqual(read.headers, { iv });
    assert.deepEqual(read.open(contentKey, iv, none), content);
  });

  it('put 74 bytes around a signed payload of 20 bytes, and 28 around a sealed one', () => {
    assert.equal(signed.length - content.length, 74);
    assert.equal(sealed.length - content.length, 28);
  });

  it('open on their own topic and version only (P-4)', () => {
    readSign1(signed).verify(identity.publicKey, externalData(topic));
    assert.deepEqual(readEncrypt0(sealed).open(contentKey, nonce, externalData(topic)), content);
    const version1 = encodeDeterministic([1, topic]);
    for (const other of [externalData('ftte/v2/clinic/all/task'), externalData(topic, 0), version1, none]) {
      refused('forged', () => readSign1(signed).verify(identity.publicKey, other));
      refused('forged', () => readEncrypt0(sealed).open(contentKey, nonce, other));
    }
  });

  it('do not open with another key or nonce', () => {
    const other = new Identity(bytesOf(rfc8032[1]![1])).publicKey;
    refused('forged', () => readSign1(signed).verify(other, externalData(topic)));
    const key = createSecretKey(new Uint8Array(32));
    refused('forged', () => readEncrypt0(sealed).open(key, nonce, externalData(topic)));
    refused('forged', () => readEncrypt0(sealed).open(contentKey, iv, externalData(topic)));
  });

  it('are distinguished from a message that is neither signed nor encrypted, which has a reason of its own (P-1)', () => {
    const unprotected = encodeMessage(
      { federation: 'clinic', sender: 'gw-1', sequence: 0 },
      { type: 'presence', online: true },
    );
    assert.match(refused('unprotected', () => kindOf(unprotected)).message, /neither signed.*update/);
    for (const bytes of [none, utf8('hello'), Uint8Array.of(0xd1, 0x80)])
      refused('not-cose', () => kindOf(bytes));
    assert.deepEqual([kindOf(signed), kindOf(sealed)], ['sign1', 'encrypt0']);
    refused('not-cose', () => readSign1(sealed));
    refused('not-cose', () => readEncrypt0(signed));
  });

  it('have at most 16 MiB of payload (P-6)', () => {
    const large = new Uint8Array(mostPayloadBytes + 1);
    refused('oversize', () => sign1(identity, large, none));
    refused('oversize', () => encrypt0(contentKey, nonce, large, none, {}));
    refused('oversize', () => readSign1(new Uint8Array(mostPayloadBytes + 2048)));
  });

  const headerCases: readonly [string, 'header' | 'algorithm' | 'not-cose', string][] = [
    ['ES256 (P-3)', 'algorithm', 'd28443a10126a04040'],
    ['no algorithm (P-3)', 'algorithm', 'd28440a04040'],
    ['the algorithm in the unprotected header (P-3)', 'algorithm', 'd28440a101274040'],
    ['the algorithm in both headers (P-5)', 'header', 'd28443a10127a101274040'],
    ['a critical header (P-5)', 'header', 'd28446a20127028101a04040'],
    ['an unknown label (P-5)', 'header', 'd28446a20127186300a04040'],
    ['a key id that is a number (P-5)', 'header', 'd28443a10127a104004040'],
    ['an empty key id (P-5)', 'header', 'd28443a10127a104404040'],
    ['an IV of one byte (P-5)', 'header', 'd28443a10127a10541004040'],
    ['a Partial IV of nine bytes (P-5)', 'header', `d28443a10127a10649${'00'.repeat(9)}4040`],
    ['both IVs (P-5)', 'header', `d28443a10127a2054c${'00'.repeat(12)}0641004040`],
    ['a protected header that is an array (P-5)', 'header', 'd2844180a04040'],
    ['three items (P-1)', 'not-cose', 'd28343a10127a040'],
    ['no payload (P-1)', 'not-cose', 'd28443a10127a00040'],
  ];
  for (const [what, reason, hex] of headerCases) {
    it(`are refused with ${what}`, () => {
      refused(reason, () => readSign1(bytesOf(hex)));
    });
  }

  it('carry any payload and topic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.string(), (payload, any) => {
        const external = externalData(any);
        const read = readSign1(sign1(identity, payload, external));
        read.verify(identity.publicKey, external);
        assert.deepEqual(Uint8Array.from(read.payload), payload);
        const box = encrypt0(contentKey, nonce, payload, external, { partialIv: Uint8Array.of(7) });
        assert.deepEqual(readEncrypt0(box).open(contentKey, nonce, external), payload);
      }),
      { numRuns: 50 },
    );
  });

  it('are refused with the error of this room, and nothing else, however they were changed', () => {
    const random = new SeededRandom(2);
    const external = externalData(topic);
    for (let i = 0; i < 6_000; i++) {
      const bytes = random.uniform() < 0.2 ? noise(random) : disturbed(i % 2 ? signed : sealed, random);
      const changed = hexOf(bytes) !== hexOf(i % 2 ? signed : sealed);
      const opened = !refusesCleanly(() =>
        kindOf(bytes) === 'sign1'
          ? readSign1(bytes).verify(identity.publicKey, external)
          : readEncrypt0(bytes).open(contentKey, nonce, external),
      );
      // The unprotected header is the only part that is not authenticated.
      if (opened && changed) assert.ok(hexOf(bytes).includes(hexOf((i % 2 ? signed : sealed).subarray(-16))));
    }
  });
});
