import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { type FtteError, isName } from '../../../gateway/platform';
import {
  asReceived,
  type Body,
  copyValues,
  decodeMessage,
  dropReasonOf,
  encodeMessage,
  lengthOf,
  type Message,
} from '../../../gateway/wire';
import { decodeCbor, encodeCbor } from '../../../gateway/wire/cbor';
import { encodeFields } from '../../../gateway/wire/message-fields';
import { numbering } from '../../../gateway/wire/messages';
import { measured } from '../../../gateway/wire/messages/field-form';
import { bodies, envelope, hex, task } from './samples';

const bodyOf = (type: string) => bodies.find((body) => body.type === type)!;

/** The bytes of a sample with some fields replaced on their way. */
function tampered(type: string, fields: Record<string, unknown>): Uint8Array {
  const { delta, plan, segments, task: _task, ...plain } = bodyOf(type) as unknown as Record<string, unknown>;
  return encodeFields({ ftte: 2, ...envelope, ...plain, ...fields });
}

/** The bytes of a sample with fields of a later version. */
function withMore(type: string): Uint8Array {
  const numbered = decodeCbor(encodeMessage(envelope, bodyOf(type))) as Record<string, unknown>;
  const entries = Object.entries(numbered).map(([key, value]): [number, unknown] => [Number(key), value]);
  return encodeCbor(new Map([...entries, [22, 0.5], [23, new Map([[0, [1, 2]]])]]));
}

function refusal(bytes: Uint8Array): FtteError {
  try {
    decodeMessage(bytes);
  } catch (error) {
    assert.ok(dropReasonOf(error), `not a refusal: ${String(error)}`);
    return error as FtteError;
  }
  throw new Error('was taken');
}

describe('messages on the wire', () => {
  for (const body of bodies) {
    it(`carry ${body.type} there and back`, () => {
      assert.deepEqual(decodeMessage(encodeMessage(envelope, body)), { ...envelope, ...body });
    });
  }

  it('have a number for every field of their schemas: one without would not travel', () => {
    for (const { type, fields, schema } of numbering) {
      const numbered = fields.map((field) => (typeof field === 'string' ? field : field[0]));
      const inner = schema as unknown as { shape?: object; in?: { shape?: object } };
      const names = Object.keys(inner.shape ?? inner.in?.shape ?? {});
      assert.ok(names.length > 0, type);
      assert.deepEqual(
        names.filter((name) => !numbered.includes(name)),
        [],
        type,
      );
    }
  });

  it('leave out what is undefined', () => {
    const { accuracy, ...without } = bodyOf('head') as Message<'head'>;
    const message = decodeMessage(encodeMessage(envelope, { ...without, accuracy: undefined }));
    assert.equal('accuracy' in message, false);
  });

  it('give bytes of their own, which nothing else shares', () => {
    const [a, b] = [encodeMessage(envelope, bodyOf('presence')), encodeMessage(envelope, bodyOf('presence'))];
    assert.equal(a.buffer.byteLength, a.length);
    a.fill(0);
    assert.notDeepEqual(a, b);
  });

  it('are read from any part of a larger buffer, at any alignment, without holding on to it', () => {
    const bytes = encodeMessage(envelope, bodyOf('snapshot'));
    for (const shift of [0, 1, 2, 3, 5]) {
      const buffer = Buffer.alloc(bytes.length + 16, 0xff);
      buffer.set(bytes, shift);
      const message = decodeMessage(buffer.subarray(shift, shift + bytes.length)) as Message<'snapshot'>;
      buffer.fill(0);
      assert.deepEqual(message.parameters, Float32Array.of(1, -0.5));
    }
  });

  it('hold the delta of an update in the form in which it came, in memory of its own, until it is decoded', () => {
    const sent = { ...bodyOf('update'), delta: { encoding: 'int8', values: Float32Array.of(127, -2, 1) } };
    const bytes = encodeMessage(envelope, sent as Body);
    const { delta } = decodeMessage(bytes) as Message<'update'>;
    bytes.fill(0);
    assert.deepEqual(delta.form, { encoding: 'int8', scale: 1, values: Int8Array.of(127, -2, 1) });
    assert.equal(lengthOf(delta), 3);
    const into = new Float32Array(3);
    copyValues(delta, into);
    assert.deepEqual(into, delta.values);
    assert.deepEqual({ ...delta }, sent.delta);
  });

  it('survive any update: whatever plan, delta and statistics', () => {
    const microBatch = fc.integer({ min: 1, max: 1024 });
    const ascending = (max: number) =>
      fc
        .uniqueArray(fc.integer({ min: 0, max }), { maxLength: 20 })
        .map((numbers) => numbers.sort((a, b) => a - b));
    const entries = ascending(500).chain((tensors) =>
      fc.tuple(
        ...tensors.map((tensor) =>
          fc
            .option(ascending(2000), { nil: undefined })
            .map((channels) => (channels ? { tensor, channels } : { tensor })),
        ),
      ),
    );
    const delta = fc
      .tuple(fc.constantFrom('float32' as const, 'int8' as const), fc.float32Array({ maxLength: 50 }))
      .map(([encoding, values]) => ({ encoding, values }));
    // CBOR has one integer zero: the sign of a zero statistic is not kept.
    const statistic = fc.double().map((value) => measured.toWire(value === 0 ? 0 : value) as number);
    fc.assert(
      fc.property(microBatch, entries, delta, statistic, (size, anyEntries, anyDelta, variance) => {
        const plan = { microBatch: size, entries: anyEntries };
        const body = { ...bodyOf('update'), plan, delta: anyDelta, variance } as Body;
        const received = { ...anyDelta, values: asReceived(anyDelta.values, anyDelta.encoding) };
        assert.deepEqual(decodeMessage(encodeMessage(envelope, body)), {
          ...envelope,
          ...body,
          delta: received,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('survive any patch: whatever segments', () => {
    const runs = fc.array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 1, max: 50 })), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(runs, (gaps) => {
        let end = 0;
        const segments = gaps.map(([gap, length]) => {
          const offset = end + gap;
          end = offset + length;
          return { offset, length };
        });
        const size = segments.reduce((sum, segment) => sum + segment.length, 0);
        const values = Float32Array.from({ length: size }, (_, i) => i - size / 2);
        const body = { ...bodyOf('patch'), segments, delta: { encoding: 'float32', values } } as Body;
        assert.deepEqual(decodeMessage(encodeMessage(envelope, body)), { ...envelope, ...body });
      }),
      { numRuns: 200 },
    );
  });

  it('keep numbers that are not finite, for the coordinator to refuse with its reason', () => {
    const body = { ...bodyOf('update'), variance: Number.NaN, lossAfter: Number.POSITIVE_INFINITY } as Body;
    const message = decodeMessage(encodeMessage(envelope, body)) as Message<'update'>;
    assert.ok(Number.isNaN(message.variance));
    assert.equal(message.lossAfter, Number.POSITIVE_INFINITY);
  });

  it('may say more than this software knows', () => {
    const message = decodeMessage(withMore('presence'));
    assert.deepEqual(message, { ...envelope, ...bodyOf('presence') });
  });

  describe('are refused, with what came and what was expected:', () => {
    const cases: [what: string, bytes: Uint8Array, reason: string, text: RegExp][] = [
      ['a newer protocol', tampered('presence', { ftte: 3 }), 'version', /version 3, this software speaks 2/],
      ['no protocol version', encodeCbor({ type: 'presence' }), 'version', /version missing/],
      ['a wrong version before a wrong type', tampered('presence', { ftte: 3, type: 'x' }), 'version', /./],
      ['an unknown type', tampered('presence', { type: 'gossip' }), 'type', /"gossip"/],
      [
        'the name of something every object has',
        tampered('presence', { type: 'toString' }),
        'type',
        /toString/,
      ],
      [
        'a federation that is no name',
        tampered('presence', { federation: 'a/b' }),
        'field',
        /federation is "a\/b"/,
      ],
      ['a sender that is no name', tampered('presence', { sender: '#' }), 'field', /sender is "#"/],
      ['a sequence that is no count', tampered('presence', { sequence: -1 }), 'field', /sequence is -1/],
      [
        'a field that is missing',
        tampered('presence', { online: undefined }),
        'field',
        /presence\.online is missing/,
      ],
      [
        'a field of another kind',
        tampered('presence', { online: 'yes' }),
        'field',
        /presence\.online is "yes"/,
      ],
      ['an id of the wrong form', tampered('ack', { id: 'XYZ' }), 'field', /ack\.id is "XYZ".*16/],
      [
        'a reason that is not on the list',
        tampered('ack', { reason: 'mood' }),
        'field',
        /ack\.reason is "mood"/,
      ],
      ['an accuracy above 1', tampered('head', { accuracy: 1.5 }), 'field', /head\.accuracy is 1\.5/],
      ['a version that is a fraction', tampered('head', { version: 1.5 }), 'field', /head\.version is 1\.5/],
      [
        'a tensor in an encoding of the future',
        tampered('update', { plan: { microBatch: 1, entries: [] }, delta: { encoding: 'eden4' } }),
        'field',
        /update\.delta\.encoding is "eden4"/,
      ],
      [
        'a tensor of plain numbers',
        tampered('update', {
          plan: { microBatch: 1, entries: [] },
          delta: { encoding: 'float32', values: [1] },
        }),
        'field',
        /update\.delta\.values is an array of 1/,
      ],
      [
        'a plan that goes back',
        tampered('update', { plan: { microBatch: 1, entries: [[3], [3]] }, delta: {} }),
        'field',
        /update\.plan is an object: .*ascend/,
      ],
      [
        'a plan whose masks are out of all proportion',
        tampered('update', { plan: { microBatch: 1, entries: [[0, new Uint8Array(70_000)]] }, delta: {} }),
        'field',
        /more than 65536 bytes/,
      ],
      [
        'segments that do not fit the values',
        tampered('patch', {
          segments: Uint8Array.of(0, 3),
          delta: { encoding: 'float32', values: new Float32Array(2) },
        }),
        'field',
        /patch\.segments is a Uint8Array of 2: .*more than the 2 values/,
      ],
      [
        'an empty segment',
        tampered('patch', {
          segments: Uint8Array.of(0, 0),
          delta: { encoding: 'float32', values: new Float32Array(0) },
        }),
        'field',
        /segment 0 is empty/,
      ],
      [
        'a first segment that is as long as the one before it',
        tampered('patch', {
          segments: Uint8Array.of(1),
          delta: { encoding: 'float32', values: new Float32Array(1) },
        }),
        'field',
        /segment 0 is empty/,
      ],
      [
        'segments that end in the middle of a number',
        tampered('patch', {
          segments: Uint8Array.of(0x80),
          delta: { encoding: 'float32', values: new Float32Array(1) },
        }),
        'field',
        /middle of a number/,
      ],
      [
        'an average of another size than the parameters',
        tampered('snapshot', { average: new Float32Array(3) }),
        'field',
        /snapshot\.average is a Float32Array of 3/,
      ],
      [
        'a task with a setting that is not known',
        tampered('task', { task: { ...task, colour: 'red' } }),
        'field',
        /task\.task is an object: .*colour/,
      ],
      [
        'a task whose layers do not fit together',
        tampered('task', { task: { ...task, model: { layers: [{ type: 'dense', units: 2 }] } } }),
        'field',
        /task\.task is an object/,
      ],
    ];
    for (const [what, bytes, reason, pattern] of cases) {
      it(what, () => {
        const error = refusal(bytes);
        assert.equal(error.details['reason'], reason, error.message);
        assert.match(error.message, pattern);
      });
    }

    it('a message whose update id could be read says which update it was', () => {
      const { details } = refusal(tampered('ack', { version: 'x' }));
      assert.deepEqual([details['sender'], details['type'], details['id']], ['gw-1', 'ack', hex]);
    });

    it('a text of any length appears in the error only in part', () => {
      assert.ok(refusal(tampered('presence', { online: 'x'.repeat(100_000) })).message.length < 200);
    });
  });

  it('come and go without native code and without code made at run time', () => {
    // A process that can neither load the extractor nor evaluate text.
    const script = `
      const Module = require('node:module');
      const load = Module._load;
      Module._load = function (name, ...rest) {
        if (/cbor-extract|\\.node$/.test(name)) throw new Error('native: ' + name);
        return load.call(this, name, ...rest);
      };
      const { bodies, envelope } = require('./test/gateway/wire/samples.ts');
      const { encodeMessage, decodeMessage } = require('./gateway/wire');
      const vm = Object.keys(require.cache).filter((path) => /cbor/.test(path) && !/gateway/.test(path));
      for (const body of bodies) decodeMessage(encodeMessage(envelope, body));
      console.log(JSON.stringify(vm.map((path) => path.split(/[\\\\/]/).pop())));
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--require', 'tsx/cjs', '--disallow-code-generation-from-strings', '--eval', script],
      { cwd: join(__dirname, '../../..'), encoding: 'utf8' },
    );
    assert.equal(stdout.trim(), '["index-no-eval.cjs"]', stderr);
  });

  it('names are one level of a topic', () => {
    for (const good of ['a', 'gw-1', 'Clinic_3.north', 'x'.repeat(64)]) assert.ok(isName(good), good);
    for (const bad of ['', 'a/b', '+', '#', 'a b', 'é', 'x'.repeat(65), 7, null, undefined])
      assert.ok(!isName(bad), String(bad));
  });
});
