import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SeededRandom } from '../../../gateway/platform';
import { decodeMessage, dropReasonOf, encodeMessage } from '../../../gateway/wire';
import { encodeCbor } from '../../../gateway/wire/cbor';
import { defaultLimits, structureFault } from '../../../gateway/wire/guard';
import { bodies, envelope } from './samples';

const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

/** Decodes; anything but a message or a refusal with a reason fails the test. */
function reasonFor(bytes: Uint8Array): string {
  try {
    decodeMessage(bytes);
    return 'taken';
  } catch (error) {
    const reason = dropReasonOf(error);
    if (!reason) throw error;
    return reason;
  }
}

describe('structural scan', () => {
  const refused: [what: string, bytes: string, problem: RegExp][] = [
    ['no bytes', '', /empty/],
    ['an array at the top', '81 01', /not a map/],
    ['a second item behind the first', 'a0 a0', /after the end/],
    ['a map that ends early', 'a1 61 61', /ends in the middle/],
    ['a head that ends early', 'a1 61 61 19 01', /ends in the middle/],
    ['a text longer than the bytes', 'a1 61 61 7a ff ff ff ff', /length beyond the end/],
    ['bytes longer than can be counted', 'a1 61 61 5b ff ff ff ff ff ff ff ff', /length beyond the end/],
    ['an array of more elements than bytes', 'a1 61 61 9a 10 00 00 00 01', /more elements/],
    ['a map of more entries than bytes', 'bb 7f ff ff ff ff ff ff ff', /more elements/],
    ['an indefinite map', 'bf ff', /indefinite/],
    ['an indefinite text', 'a1 61 61 7f 61 61 ff', /indefinite/],
    ['a break on its own', 'a1 61 61 ff', /indefinite/],
    ['a reserved length', 'a1 61 61 1c', /reserved/],
    ['a key that is a large number', 'a1 19 01 00 02', /key that is neither/],
    ['a key that is a map', 'a1 a0 02', /key that is neither/],
    ['a date (tag 0)', 'a1 61 61 c0 61 62', /tag 0/],
    ['a bignum (tag 2)', 'a1 61 61 c2 41 01', /tag 2/],
    ['a shared reference (tag 29)', 'a1 61 61 d8 1d 00', /tag 29/],
    ['a record of cbor-x (tag 105)', 'a1 61 61 d8 69 80', /tag 105/],
    ['a float64 array (tag 86)', 'a1 61 61 d8 56 48 00 00 00 00 00 00 00 00', /tag 86/],
    ['a typed array of text', 'a1 61 61 d8 55 61 62', /typed array without bytes/],
    ['a tag on a tag', 'a1 61 61 d8 55 d8 55 40', /typed array without bytes/],
    ['a tag as a key', 'a1 d8 55 40 01', /key that is neither/],
    ['float32 values cut short', 'a1 61 61 d8 55 45 00 00 00 00 00', /cut short/],
    ['undefined', 'a1 61 61 f7', /simple value/],
    ['a simple value of no meaning', 'a1 61 61 e5', /simple value/],
    ['a simple value in two bytes', 'a1 61 61 f8 20', /simple value/],
  ];
  for (const [what, bytes, problem] of refused) {
    it(`refuses ${what}`, () => {
      const fault = structureFault(hex(bytes));
      assert.match(fault?.problem ?? 'nothing', problem);
      assert.equal(reasonFor(hex(bytes)), 'not-cbor');
    });
  }

  it('passes every kind of value the protocol has', () => {
    const bytes = hex(
      'a9 17 00 6161 00 6162 38ff 6163 f93c00 6164 fa3f800000 6165 fb3ff0000000000000 6166 f6 6167 82f4f5 6168 d84841ff',
    );
    assert.equal(structureFault(bytes), undefined);
  });

  it('takes eight levels and not nine', () => {
    const nested = (depth: number) => hex(`a1 61 61 ${'81'.repeat(depth - 1)} 00`);
    assert.equal(structureFault(nested(8)), undefined);
    assert.equal(structureFault(nested(9))?.reason, 'too-deep');
  });

  it('is not impressed by a million levels', () => {
    const bytes = new Uint8Array(1_000_000).fill(0x81);
    bytes.set([0xa1, 0x61, 0x61]);
    assert.equal(reasonFor(bytes), 'too-deep');
  });

  it('refuses more bytes or more items than its limits, before it looks further', () => {
    const bytes = encodeCbor({ list: new Array(20_000).fill(0) });
    assert.equal(structureFault(bytes)?.reason, 'oversize');
    assert.equal(structureFault(bytes, { ...defaultLimits, maxItems: 30_000 }), undefined);
    assert.equal(structureFault(bytes, { ...defaultLimits, maxBytes: 20_000 })?.at, 0);
  });

  it('counts a typed array as one item, however long', () => {
    const bytes = encodeCbor({ values: new Float32Array(100_000) });
    assert.equal(structureFault(bytes), undefined);
  });
});

describe('hostile bytes', () => {
  const random = new SeededRandom(7);
  const valid = bodies.map((body) => encodeMessage(envelope, body));

  function noise(): Uint8Array {
    const bytes = Uint8Array.from({ length: random.integer(200) }, () => random.integer(256));
    // Half of it begins like a message, to get past the first look.
    if (bytes.length > 0 && random.integer(2)) bytes[0] = 0xa0 + random.integer(24);
    return bytes;
  }

  /** A valid message after some accidents: bytes flipped, cut off, removed, repeated. */
  function mutant(): Uint8Array {
    let bytes = [...valid[random.integer(valid.length)]!];
    for (let times = 1 + random.integer(3); times > 0; times--) {
      const at = random.integer(bytes.length || 1);
      const kind = random.integer(5);
      if (kind === 0) bytes[at] = random.integer(256);
      else if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
      else if (kind === 2) bytes = bytes.slice(0, at);
      else if (kind === 3) bytes.splice(at, 1 + random.integer(4));
      else bytes.splice(at, 0, ...bytes.slice(at, at + random.integer(8)));
    }
    return Uint8Array.from(bytes);
  }

  it('random: are dropped with a reason', () => {
    for (let i = 0; i < 20_000; i++) assert.notEqual(reasonFor(noise()), 'taken');
  });

  it('valid messages after accidents: are dropped with a reason, or are messages still', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 20_000; i++) seen.add(reasonFor(mutant()));
    for (const reason of ['taken', 'not-cbor', 'version', 'type', 'field'])
      assert.ok(seen.has(reason), reason);
  });

  it('leave the heap as it was after 100 000 of them', async () => {
    // With source maps, which the loader of the tests switches on, Node.js keeps some bytes of each error.
    process.setSourceMapsEnabled(false);
    setFlagsFromString('--expose-gc');
    const gc: () => void = runInNewContext('gc');
    const huge = hex('a1 61 61 9a ff ff ff ff');
    const deep = hex(`a1 61 61 ${'81'.repeat(500)} 00`);
    const batch = [...Array.from({ length: 200 }, mutant), ...Array.from({ length: 200 }, noise), huge, deep];
    const run = async (count: number) => {
      for (let i = 0; i < count; i++) reasonFor(batch[i % batch.length]!);
      // zlib gives a stream that failed back in the next turn: 18 KB for each damaged task of this turn.
      await setImmediate();
      gc();
      return process.memoryUsage().heapUsed;
    };
    await run(100_000); // code is compiled, and learns the kinds of values
    const before = await run(5_000);
    const after = await run(100_000);
    process.setSourceMapsEnabled(true);
    assert.ok(after - before < 500_000, `the heap grew by ${after - before} bytes`);
  });
});
