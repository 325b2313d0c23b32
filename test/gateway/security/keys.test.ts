import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { crc32 } from '../../../gateway/platform';
import {
  describeKeyText,
  exportKey,
  Identity,
  importKey,
  openIdentity,
  PublicKey,
  refusalOf,
  saveIdentity,
} from '../../../gateway/security';
import { encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { bytesOf, hexOf, refused, refusedLater, seededEntropy } from './support';

const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const passphrase = 'correct horse battery';

/** All forms in which a secret could appear in a text. */
function assertNoSecret(text: string, secretHex: string): void {
  const secret = Buffer.from(secretHex, 'hex');
  for (const form of [
    secretHex,
    secretHex.toUpperCase(),
    secret.toString('base64'),
    secret.toString('base64url'),
  ])
    assert.ok(!text.includes(form), 'a secret is in the text');
}

describe('public keys', () => {
  /** The curve of RFC 8032, section 5.1, in integers: an oracle for the table of small orders. */
  const p = 2n ** 255n - 19n;
  const mod = (a: bigint) => ((a % p) + p) % p;
  const power = (base: bigint, exponent: bigint): bigint => {
    let result = 1n;
    for (let b = mod(base), e = exponent; e > 0n; b = mod(b * b), e >>= 1n)
      if (e & 1n) result = mod(result * b);
    return result;
  };
  const d = mod(-121665n * power(121666n, p - 2n));
  const little = (bytes: Uint8Array) => BigInt(`0x${hexOf(Uint8Array.from(bytes).reverse())}`);
  const encoded = (y: bigint) => bytesOf(y.toString(16).padStart(64, '0')).reverse();

  /** Whether eight times the point of this y coordinate is the neutral element. */
  function isSmall(y: bigint): boolean {
    const xx = mod((y * y - 1n) * power(mod(d * y * y + 1n), p - 2n));
    let x = power(xx, (p + 3n) / 8n);
    if (mod(x * x - xx) !== 0n) x = mod(x * power(2n, (p - 1n) / 4n));
    if (mod(x * x - xx) !== 0n) return false;
    let point: [bigint, bigint] = [x, mod(y)];
    for (let i = 0; i < 3; i++) {
      const [px, py] = point;
      const t = mod(d * px * px * py * py);
      point = [
        mod(2n * px * py * power(mod(1n + t), p - 2n)),
        mod((py * py + px * px) * power(mod(1n - t), p - 2n)),
      ];
    }
    return point[0] === 0n && point[1] === 1n;
  }

  const small = [
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '0000000000000000000000000000000000000000000000000000000000000000',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ];

  for (const hex of small) {
    it(`of small order are refused, with either sign: ${hex} (P-8)`, () => {
      assert.ok(isSmall(little(bytesOf(hex))), 'by the curve');
      refused('public-key', () => PublicKey.of(bytesOf(hex)));
      const negative = bytesOf(hex);
      negative[31]! |= 0x80;
      refused('public-key', () => PublicKey.of(negative));
    });
  }

  it('that are not canonical or of another length are refused (P-8)', () => {
    for (const y of [p, p + 1n, p + 18n]) refused('public-key', () => PublicKey.of(encoded(y)));
    for (const length of [0, 31, 33, 64]) refused('public-key', () => PublicKey.of(new Uint8Array(length)));
    assert.ok(!isSmall(little(PublicKey.of(new Identity(bytesOf(seed)).publicKey.bytes).bytes)));
  });

  it('that are no point of the curve verify nothing', () => {
    // y = 2 has no x.
    const key = PublicKey.of(encoded(2n));
    assert.equal(key.verify(new Uint8Array(1), new Uint8Array(64)), false);
    assert.equal(key.verify(new Uint8Array(1), new Uint8Array(63)), false);
  });

  it('have a fingerprint of four groups, and an id of 8 bytes (P-9)', () => {
    const { publicKey } = new Identity(bytesOf(seed));
    assert.match(publicKey.fingerprint, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
    assert.equal(hexOf(publicKey.id), hexOf(publicKey.thumbprint.subarray(0, 8)));
    assert.ok(publicKey.equals(PublicKey.of(publicKey.bytes)));
    assert.equal(JSON.stringify({ publicKey }), JSON.stringify({ publicKey: publicKey.fingerprint }));
  });
});

describe('an identity', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const path = () => join(folder, 'security', 'identity.key');
  const role = 'gateway' as const;

  it('is made at the first start, and is the same at each later one (P-7)', async () => {
    const first = await openIdentity({ path: path(), role });
    const second = await openIdentity({ path: path(), role, mustExist: true });
    assert.deepEqual([first.made, second.made], [true, false]);
    assert.ok(first.identity.publicKey.equals(second.identity.publicKey));
    assert.deepEqual(readdirSync(join(folder, 'security')), ['identity.key']);
  });

  it('differs from that of another machine', async () => {
    const one = await openIdentity({ path: path(), role });
    const other = await openIdentity({ path: `${path()}2`, role });
    assert.notEqual(one.identity.fingerprint, other.identity.fingerprint);
  });

  it('is in a file that only its owner can read, also if the rights were wider (P-7)', async function () {
    if (process.platform === 'win32') return this.skip();
    await openIdentity({ path: path(), role });
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    chmodSync(path(), 0o644);
    assert.equal((await openIdentity({ path: path(), role })).wasExposed, true);
    assert.equal(statSync(path()).mode & 0o777, 0o600);
    assert.equal((await openIdentity({ path: path(), role })).wasExposed, false);
  });

  it('is not made again when something relies on it: the file is lost (P-10)', async () => {
    const error = await refusedLater('key-lost', openIdentity({ path: path(), role, mustExist: true }));
    assert.equal(error.code, 'storage');
    assert.ok(error.message.includes(path()));
    assert.match(error.message, /backup.*new invitation/);
    assert.throws(() => statSync(path()), 'no file was made');
    const coordinator = openIdentity({ path: path(), role: 'coordinator', mustExist: true });
    assert.match(
      (await refusedLater('key-lost', coordinator)).message,
      /backup of the user directory; with another key/,
    );
  });

  it('is not replaced when the file cannot be read (P-10)', async () => {
    mkdirSync(path(), { recursive: true });
    const error = await refusedLater('key-unreadable', openIdentity({ path: path(), role }));
    assert.match(error.message, /EISDIR/);
    assert.ok(statSync(path()).isDirectory());
  });

  it('is not replaced when the file is damaged, wherever the damage is (P-10)', async () => {
    await openIdentity({ path: path(), role });
    const whole = readFileSync(path());
    const damages = [
      Buffer.alloc(0),
      whole.subarray(0, 40),
      Buffer.concat([whole, whole]),
      Buffer.from('{}'),
    ];
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0x10;
      damages.push(flipped);
    }
    for (const damage of damages) {
      writeFileSync(path(), damage);
      const error = await refusedLater('key-damaged', openIdentity({ path: path(), role }));
      assert.match(error.message, /damaged.*backup/);
      assert.deepEqual(readFileSync(path()), damage);
    }
  });

  it('keeps its private half out of texts, JSON and inspections (P-30)', () => {
    const identity = new Identity(bytesOf(seed));
    const holder = { identity, list: [identity] };
    for (const text of [
      String(identity),
      JSON.stringify(holder),
      inspect(holder, { depth: 9, showHidden: true }),
      Object.values(identity).map(String).join(),
    ])
      assertNoSecret(text, seed);
  });

  it('has no secret in the errors of its file (P-30)', async () => {
    await saveIdentity(path(), new Identity(bytesOf(seed)));
    const whole = readFileSync(path());
    whole[20]! ^= 1;
    writeFileSync(path(), whole);
    const error = await refusedLater('key-damaged', openIdentity({ path: path(), role }));
    assertNoSecret(inspect(error, { depth: 9, showHidden: true }), seed);
  });
});

describe('the key of a coordinator, moved to another machine (P-11)', () => {
  const identity = new Identity(bytesOf(seed));
  let text: string;
  before(async () => {
    text = await exportKey(identity, 'clinic', passphrase, seededEntropy('export'));
  });

  it('arrives, whatever a mail program did to the text', async () => {
    for (const way of [
      text,
      text.replaceAll('\n', '\r\n'),
      `Dear colleague,\n\n${text.replace(/^/gm, '> ')}\nbye`,
    ]) {
      const { identity: found, federation } = await importKey(way, passphrase);
      assert.equal(hexOf(found.exposeSeed()), seed);
      assert.equal(federation, 'clinic');
    }
  });

  it('takes the same passphrase from every keyboard (Unicode NFKC)', async () => {
    const composed = await exportKey(identity, 'clinic', 'grüße aus zürich');
    assert.ok(await importKey(composed, 'grüße aus zürich'.normalize('NFD')));
  });

  it('shows federation and fingerprint without the passphrase', () => {
    assert.deepEqual(describeKeyText(text), { federation: 'clinic', fingerprint: identity.fingerprint });
  });

  it('does not open with another passphrase, and says that the text is whole', async () => {
    const error = await refusedLater('passphrase', importKey(text, 'correct horse batterie'));
    assert.match(error.message, /text itself is whole/);
    assertNoSecret(inspect(error), seed);
    assert.ok(!inspect(error).includes('batterie'));
  });

  it('needs a passphrase of 12 characters', async () => {
    const error = await refusedLater('passphrase-short', exportKey(identity, 'clinic', 'hunter2'));
    assert.match(error.message, /7 characters, expected at least 12/);
    assert.ok(!inspect(error).includes('hunter2'));
  });

  it('is refused as damaged with any one character changed, lost or doubled, and with lines missing', async () => {
    const lines = text.trim().split('\n');
    const body = lines.slice(1, -1).join('');
    const damages = [
      '',
      'hello',
      lines.slice(0, -1).join('\n'),
      lines.slice(1).join('\n'),
      [lines[0], ...lines.slice(2)].join('\n'),
      `${lines[0]}\n${lines.at(-1)}`,
    ];
    for (let at = 0; at < body.length; at += 7) {
      const other = body[at] === 'A' ? 'B' : 'A';
      for (const changed of [other, '', body[at]! + body[at]!, '§'])
        damages.push([lines[0], body.slice(0, at) + changed + body.slice(at + 1), lines.at(-1)].join('\n'));
    }
    for (const damage of damages) {
      const error = await importKey(damage, passphrase).then(
        () => undefined,
        (found: unknown) => found,
      );
      // A letter that stands for another only in bits that base64 does not use changes nothing.
      if (error) assert.equal(refusalOf(error), 'key-text-damaged', damage);
    }
  });

  it('names a form that is newer than this software, and refuses a cost that would take the memory', async () => {
    const blockOf = (form: number, logN: number) => {
      const header = encodeDeterministic(
        new Map<number, number | string | Uint8Array>([
          [1, form],
          [2, 'clinic'],
          [3, identity.publicKey.bytes],
          [4, new Uint8Array(16)],
          [5, logN],
          [6, 8],
          [7, 1],
          [8, new Uint8Array(12)],
        ]),
      );
      const content = encodeDeterministic([header, new Uint8Array(48)]);
      const check = Buffer.alloc(4);
      check.writeUInt32BE(crc32(content));
      const base64 = Buffer.concat([content, check]).toString('base64');
      return `-----BEGIN FTTE COORDINATOR KEY-----\n${base64}\n-----END FTTE COORDINATOR KEY-----`;
    };
    assert.match(
      (await refusedLater('key-text-version', importKey(blockOf(2, 15), passphrase))).message,
      /update/,
    );
    await refusedLater('key-text-damaged', importKey(blockOf(1, 30), passphrase));
    await refusedLater('key-text-damaged', importKey(blockOf(1, 1), passphrase));
    await refusedLater('passphrase', importKey(blockOf(1, 10), passphrase));
  });
});
