import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Body,
  decodeMessage,
  dropReasons,
  encodeMessage,
  encodings,
  type Patch,
  rejectionReasons,
  routes,
  type TensorEncoding,
} from '../../../gateway/wire';
import { numbering } from '../../../gateway/wire/messages';
import type { FieldForm, NumberedField } from '../../../gateway/wire/messages/field-form';
import { bodies, envelope } from './samples';

const documentPath = join(__dirname, '../../../docs/protocol.md');
const document = readFileSync(documentPath, 'utf8');

const example: Body = {
  type: 'update',
  id: '00c0ffee00c0ffee',
  lineage: '0123456789abcdef',
  baseVersion: 2,
  plan: { microBatch: 8, entries: [{ tensor: 1 }, { tensor: 2, channels: [0, 9] }] },
  delta: { encoding: 'int8', values: Float32Array.of(0.5, -1.27, 0.004) },
  samples: 64,
  steps: 4,
  variance: 0.5,
  lossBefore: 1.75,
  lossAfter: 1.5,
};

/** The tables of numbers, as the code has them. */
function tablesOfNumbers(): string[] {
  const forms = new Map<string, FieldForm>();
  const listed = (fields: readonly NumberedField[]) =>
    fields
      .map((field) => {
        const [name, form] = typeof field === 'string' ? [field] : field;
        for (const inner of form?.numbered ?? [])
          if (typeof inner !== 'string') forms.set(inner[1].name, inner[1]);
        if (form) forms.set(form.name, form);
        return form ? `\`${name}\` (${form.name})` : `\`${name}\``;
      })
      .join(', ');
  const types = numbering
    .map(({ number, type, fields }) => [number, `| ${number} | ${type} | ${listed(fields)} |`] as const)
    .sort(([a], [b]) => a - b)
    .map(([, row]) => row);
  const inner = [...forms.values()]
    .filter(({ numbered }) => numbered)
    .map(({ name, numbered = [] }) => {
      const isMap = name !== 'encoding' && name !== 'status' && name !== 'reason';
      return `| ${isMap ? 'map' : 'words'} | ${name} | ${listed(numbered)} |`;
    })
    .sort();
  return [...types, ...inner];
}

/** Messages as another language gives them back: typed arrays as lists. */
function plain(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (_key, value) =>
      ArrayBuffer.isView(value) ? Array.from(value as never) : value,
    ),
  );
}

describe('docs/protocol.md', () => {
  it('shows the bytes that the encoder writes', () => {
    const block = /```hex\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
    const shown = block.replace(/#.*$/gm, '').replace(/\s/g, '');
    const bytes = encodeMessage({ federation: 'clinic', sender: 'gw-1' }, example);
    assert.equal(shown, Buffer.from(bytes).toString('hex'));
    assert.match(document, new RegExp(`\\b${bytes.length} bytes:`));
  });

  it('has the numbers of all types, fields and words', () => {
    for (const row of tablesOfNumbers()) assert.ok(document.includes(`\n${row}\n`), row);
  });

  it('has the table of topics that the session follows', () => {
    for (const [type, { branch, qos, subscribedQos, retain }] of Object.entries(routes)) {
      const topic = branch === 'all' ? `all/${type}` : `${branch}/<id>/${type}`;
      const row = document.split('\n').find((line) => line.startsWith(`| \`${topic}\` | ${type} |`));
      assert.ok(row, `no row for ${topic}`);
      assert.ok(row.endsWith(`| ${qos} | ${subscribedQos} | ${retain ? 'yes' : 'no'} |`), row);
    }
  });

  it('has every type with every field, and every reason', () => {
    for (const body of bodies) {
      const section = document.split(`**${body.type}** - `)[1]?.split('\n\n**')[0] ?? '';
      for (const field of Object.keys(body))
        if (field !== 'type')
          assert.ok(section.includes(`\`${field}\``), `${body.type}.${field} is not described`);
    }
    for (const reason of [...dropReasons, ...rejectionReasons])
      assert.ok(document.includes(`\`${reason}\``), `${reason} is not described`);
  });

  it('is enough to write a reader in Python (cbor2)', function () {
    const reader = join(__dirname, 'python_reader.py');
    if (spawnSync('python3', ['-c', 'import cbor2']).status !== 0) return this.skip();
    const patch = bodies.find(({ type }) => type === 'patch') as Patch;
    const tensors = (Object.keys(encodings) as TensorEncoding[]).map(
      (encoding): Body => ({ ...patch, delta: { encoding, values: Float32Array.of(0.5, -1.27, 3) } }),
    );
    // Columns of different sizes, and one value that is large: every kind of context, and the rest of a large level.
    const many = Float32Array.from({ length: 400 }, (_, i) => Math.sin(7 * i * i) * 2 ** (-(i % 16) / 3));
    many[250] = 9;
    const levels = (Object.keys(encodings) as TensorEncoding[]).map(
      (encoding): Body => ({
        ...patch,
        segments: [{ offset: 1, length: many.length }],
        delta: { encoding, values: many },
      }),
    );
    const messages = [...bodies, ...tensors, ...levels, example].map((body) => encodeMessage(envelope, body));
    const input = messages.map((bytes) => `${Buffer.from(bytes).toString('hex')}\n`).join('');
    const { stdout, stderr } = spawnSync('python3', [reader, documentPath], { input, encoding: 'utf8' });
    const read = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      read,
      messages.map((bytes) => plain(decodeMessage(bytes))),
      stderr,
    );
  });

  it('is enough to write a sender in Python (cbor2)', function () {
    if (spawnSync('python3', ['-c', 'import cbor2']).status !== 0) return this.skip();
    const program = `
import cbor2, struct
print(cbor2.dumps({8: bytes([0xd2, 4, 3, 0, 2, 3]), 0: 2, 3: "py", 2: "clinic", 1: 9, 5: 2**40,
  6: bytes.fromhex("0123456789abcdef"), 7: 5,
  9: {1: cbor2.CBORTag(85, struct.pack("<7f", 1, 2, 3, 4, 5, 6, 7)), 0: 0}}).hex())`;
    const { stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
    assert.deepEqual(decodeMessage(new Uint8Array(Buffer.from(stdout.trim(), 'hex'))), {
      federation: 'clinic',
      sender: 'py',
      term: 2 ** 40,
      type: 'patch',
      lineage: '0123456789abcdef',
      version: 5,
      segments: [
        { offset: 297, length: 3 },
        { offset: 300, length: 2 },
        { offset: 303, length: 2 },
      ],
      delta: { encoding: 'float32', values: Float32Array.of(1, 2, 3, 4, 5, 6, 7) },
    });
  });
});
