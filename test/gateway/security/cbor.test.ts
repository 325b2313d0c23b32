import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SeededRandom } from '../../../gateway/platform';
import { decodeDeterministic } from '../../../gateway/security/cbor/decode';
import { type CborValue, encodeDeterministic } from '../../../gateway/security/cbor/encode';
import { Fields } from '../../../gateway/security/cbor/fields';
import { bytesOf, hexOf, noise, refused, refusesCleanly } from './support';

/** RFC 8949, appendix A, as far as the values exist here. */
const examples: readonly [CborValue, string][] = [
  [0, '00'],
  [23, '17'],
  [24, '1818'],
  [100, '1864'],
  [1000, '1903e8'],
  [1000000, '1a000f4240'],
  [1000000000000, '1b000000e8d4a51000'],
  [-1, '20'],
  [-100, '3863'],
  [-1000, '3903e7'],
  [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
  [Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
  ['', '60'],
  ['IETF', '6449455446'],
  ['\u00fc', '62c3bc'],
  [bytesOf('01020304'), '4401020304'],
  [[], '80'],
  [[1, [2, 3], [4, 5]], '8301820203820405'],
  [
    new Map([
      [1, 2],
      [3, 4],
    ]),
    'a201020304',
  ],
  // Keys by their bytes: positive before negative.
  [
    new Map<number, CborValue>([
      [-1, 6],
      [24, 0],
      [1, 1],
    ]),
    'a301011818002006',
  ],
];

/** P-2: forms that mean something in CBOR, and are not the deterministic one. */
const refusedForms: readonly [string, string][] = [
  ['an integer that is longer than needed', '1817'],
  ['an integer of two bytes for one', '1900ff'],
  ['an integer of eight bytes for four', '1b00000000ffffffff'],
  ['a length that is longer than needed', '5801ff'],
  ['an indefinite length', '5f4101ff'],
  ['an indefinite map', 'bf0102ff'],
  ['keys out of order', 'a203040102'],
  ['a key twice', 'a201020102'],
  ['a key of text', 'a1616101'],
  ['a tag', 'c101'],
  ['a float', 'f93c00'],
  ['true', 'f5'],
  ['null', 'f6'],
  ['a number beyond 2^53', '1b0020000000000000'],
  ['a number of 64 bits', '1bffffffffffffffff'],
  ['a negative number beyond 2^53', '3b001fffffffffffff'],
  ['text that is not UTF-8', '62c328'],
  ['bytes after the end', '0000'],
  ['nothing', ''],
  ['a byte string that ends in the middle', '44010203'],
  ['a byte string of 4 GiB', '5affffffff00'],
  ['an array of 2^32 items', '9affffffff'],
  ['a map of 2^53 entries', 'bb001fffffffffffff'],
  ['depth 7', '8181818181818100'],
  ['129 items', `9881${'00'.repeat(129)}`],
];

const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.integer(), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  ),
})).value;

describe('deterministic CBOR (P-2)', () => {
  for (const [plain, hex] of examples) {
    it(`writes and reads ${hex}`, () => {
      assert.equal(hexOf(encodeDeterministic(plain)), hex);
      assert.equal(hexOf(encodeDeterministic(decodeDeterministic(bytesOf(hex)))), hex);
    });
  }

  for (const [what, hex] of refusedForms) {
    it(`refuses ${what}`, () => {
      refused('not-deterministic', () => decodeDeterministic(bytesOf(hex)));
    });
  }

  it('reads what it writes, and has one form for each value', () => {
    fc.assert(
      fc.property(value, (plain) => {
        const bytes = encodeDeterministic(plain);
        assert.deepEqual(encodeDeterministic(decodeDeterministic(bytes)), bytes);
      }),
    );
  });

  it('writes again exactly what it accepts, whatever the bytes', () => {
    const random = new SeededRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const bytes = noise(random, 24);
      if (refusesCleanly(() => decodeDeterministic(bytes))) continue;
      assert.deepEqual(encodeDeterministic(decodeDeterministic(bytes)), bytes);
    }
  });

  it('does not write numbers that no reader accepts', () => {
    for (const number of [0.5, Number.NaN, 2 ** 53])
      assert.throws(() => encodeDeterministic(number), TypeError);
  });

  it('names a field, what came and what was expected, without the content of bytes (P-30)', () => {
    const secret = 'c0ffee'.repeat(4);
    const fields = new Fields(
      new Map<number, CborValue>([
        [1, bytesOf(secret)],
        [2, -1],
      ]),
      'a hello',
      'hello',
    );
    const bytes = refused('hello', () => fields.bytes(1, 'key', { max: 32 }));
    assert.match(bytes.message, /^key of a hello is 12 bytes, expected 32 bytes$/);
    assert.equal(bytes.details['field'], 'key');
    const count = refused('hello', () => fields.count(2, 'run'));
    assert.match(count.message, /^run of a hello is -1, expected a whole number from 0/);
    assert.match(refused('hello', () => fields.text(3, 'note', { max: 5 })).message, /missing/);
    refused('hello', () => new Fields([1], 'a hello', 'hello'));
  });
});
