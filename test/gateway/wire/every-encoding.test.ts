import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { runSync, SeededRandom } from '../../../gateway/platform';
import { parseTask } from '../../../gateway/task';
import {
  asReceived,
  decodeInto,
  decodeMessage,
  decodeTensor,
  encodeMessage,
  encodeSteps,
  encodeValues,
  encodingOf,
  encodingOverModel,
  encodings,
  type Patch,
  type TensorEncoding,
} from '../../../gateway/wire';
import { checklist } from '../../support/checklist';
import { root, sourceFiles } from '../../support/source-files';
import { bodies, envelope, task } from './samples';

/** All but the form of masked numbers, which are none of a parameter: it has a test of its own. */
const names = (Object.keys(encodings) as TensorEncoding[]).filter((name) => name !== 'masked');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const rmsOf = (values: ArrayLike<number>) =>
  Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0) / values.length);

/** Bytes of a patch with this many values, normal numbers. */
function messageBytes(encoding: TensorEncoding, count: number): number {
  const random = new SeededRandom(count);
  const patch: Patch = {
    ...(bodies.find(({ type }) => type === 'patch') as Patch),
    segments: [{ offset: 0, length: count }],
    delta: { encoding, values: new Float32Array(count).map(() => random.normal()) },
  };
  return encodeMessage(envelope, patch).length;
}

/** The encodings that a task may choose for something, as its schema refuses another one. */
function choices(purpose: 'update' | 'patch' | 'catchUp'): string[] {
  const { labels, model, input, name } = task;
  return ['auto', ...names].filter((encoding) => {
    try {
      parseTask({ labels, model, input, name, encoding: { [purpose]: encoding } });
      return true;
    } catch {
      return false;
    }
  });
}

describe('An encoding', () => {
  const { count, items } = checklist('Add an encoding of tensors');

  it('needs at most six files, which docs/development.md lists', () => {
    assert.ok(items.length <= 6 && items.length === count, `${items.length} items, ${count} in words`);
    for (const { path } of items) assert.ok(existsSync(join(root, path.split('<')[0]!)), path);
  });

  it('keeps its numbers to its own file', () => {
    const code = [...sourceFiles('gateway'), ...sourceFiles('nodes')].filter(
      (path) => !path.startsWith('gateway/wire/encodings/'),
    );
    assert.ok(code.length > 300, `${code.length} files were found`);
    // Whether the name of an encoding is compared, and levels of a byte or the largest half.
    const knowing = /\bencoding\b[^\n]*[!=]==? '(?:float|int)|[*/] 254\b|\b65_?504\b/;
    assert.match("if (encoding === 'int8') return 1;", knowing);
    assert.match('return largest / 254;', knowing);
    const found = code.filter((path) => knowing.test(read(path)));
    assert.deepEqual(found, ['gateway/platform/float16.ts']);
  });

  it('is a choice of the dialog if it is one of the task', async () => {
    const { federation } = await import(
      pathToFileURL(join(root, 'resources/task-dialog/rows/federation.mjs')).href
    );
    const parts = federation.flatMap((row: { parts: object[] }) => row.parts) as {
      path?: string;
      options: string[];
    }[];
    for (const purpose of ['update', 'patch', 'catchUp'] as const) {
      const part = parts.find(({ path }) => path === `encoding.${purpose}`);
      assert.deepEqual([...part!.options].sort(), choices(purpose).sort(), purpose);
    }
  });

  for (const name of names) {
    describe(`named ${name}`, () => {
      const { largest, bytesPerValue, halfLevel, relativeStep } = encodingOf(name);
      const values = fc.float32Array({ min: -1e4, max: 1e4, noNaN: true, maxLength: 300 });

      it('gives as many values as it got, with pauses or without, and the parts as the whole', () => {
        fc.assert(
          fc.property(values, fc.nat(300), fc.nat(300), (sent, a, b) => {
            const encoded = encodeValues(sent, name);
            assert.deepEqual(runSync(encodeSteps(sent, name)), encoded);
            const received = decodeTensor(encoded);
            assert.equal(received.length, sent.length);
            const [from, end] = [a, b].map((at) => Math.min(at, sent.length)).sort((x, y) => x - y);
            const part = new Float32Array(end! - from!);
            decodeInto(encoded, part, from!);
            assert.deepEqual(part, received.slice(from, end));
          }),
        );
      });

      it('hardly changes values that were received when they are sent again, or by half of its step', () => {
        fc.assert(
          fc.property(values, (sent) => {
            const once = asReceived(sent, name);
            if (relativeStep) {
              // Nothing is between the multiples of the smallest number of float32.
              const most = (relativeStep / 2) * rmsOf(sent) * (1 + 2 ** -16) + 2 ** -149;
              for (const [i, value] of once.entries()) assert.ok(Math.abs(value - sent[i]!) <= most);
              return;
            }
            asReceived(once, name).forEach((value, i) => {
              assert.ok(Math.abs(value - once[i]!) <= Math.abs(once[i]!) * 2 ** -20);
            });
          }),
        );
      });

      it('never turns a value that is not finite into one that is', () => {
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
          assert.ok(!Number.isFinite(asReceived(Float32Array.of(1, bad, 2), name)[1]), String(bad));
      });

      it('holds finite values up to the size that it names', () => {
        for (const value of [largest, -largest])
          assert.ok(
            Math.abs(asReceived(Float32Array.of(value), name)[0]! / value - 1) <=
              (relativeStep ?? 2 ** -6) / 2,
            `${value}`,
          );
      });

      it('rounds to zero below half of the level that it names, and leaves nothing over if it names none', () => {
        for (const top of [1e-3, 1, 1000]) {
          const small = (halfLevel?.(top, rmsOf([top, 0, 0])) ?? 0) * 0.99;
          if (halfLevel && small === 0) continue;
          const received = asReceived(Float32Array.of(top, small, -small), name);
          assert.ok(received[1] === 0 && received[2] === 0, `${received}`);
          if (!halfLevel)
            assert.deepEqual(asReceived(Float32Array.of(top, 1e-30), name)[1], Math.fround(1e-30));
        }
      });

      it('takes the bytes for each value that it names', () => {
        // Of an encoding whose bytes depend on the values, all are counted: the last ones of two messages differ.
        const bytes = messageBytes(name, 70_400) - (relativeStep ? 0 : messageBytes(name, 70_400 - 640));
        if (relativeStep) assert.ok(Math.abs(bytes / 70_400 / bytesPerValue - 1) < 0.05, `${bytes / 70_400}`);
        else assert.equal(bytes, 640 * bytesPerValue);
      });

      it('has a form for changes of the whole model that is in the table', () => {
        assert.ok((names as readonly string[]).includes(encodingOverModel(name)));
      });

      it('carries a tensor there and back', () => {
        const sent = Float32Array.of(0.5, -1.25, 3, 0);
        const body: Patch = {
          ...(bodies.find(({ type }) => type === 'patch') as Patch),
          segments: [{ offset: 7, length: 4 }],
          delta: { encoding: name, values: sent },
        };
        const message = decodeMessage(encodeMessage(envelope, body));
        assert.ok(message.type === 'patch');
        assert.deepEqual(message.delta, { encoding: name, values: asReceived(sent, name) });
      });

      it('has a row in the table of docs/protocol.md, and a test worked by hand', () => {
        assert.match(read('docs/protocol.md'), new RegExp(`^\\| \`${name}\` \\|.*\\|$`, 'm'));
        assert.ok(existsSync(join(__dirname, 'encodings', `${name}.test.ts`)));
      });
    });
  }
});
