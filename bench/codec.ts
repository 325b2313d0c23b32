import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { runSync } from '../gateway/platform';
import { decodeTensor, encodeSteps, type TensorEncoding } from '../gateway/wire';
import { eden } from './codec/eden';
import { recordChanges } from './codec/record-changes';
import { textTable } from './support/text-table';

/** `npm run bench:codec` compares encodings on recorded changes of parameters. */
const usage = `Compares encodings on changes of parameters that a simulated federation recorded on hapt.

  npm run bench:codec -- [--json] [--data DIR] [--contributions N] [--every N]

  --json             one JSON line: {"rows":[{"what","encoding","bitsPerValue","error","encodeMs","decodeMs"}]}
  --data DIR         recordings in the shared format (or FTTE_DATA; default ../shared/data)
  --contributions N  of the federation (default 2000)
  --every N          keeps every N-th update (default 50)

"bits" are those of the values on the wire, heads included; "error" is the energy of the error by that of the values; "ms" is
the time of one tensor, encoding and decoding.
`;

/** One line of the table. */
export interface CodecRow {
  readonly what: 'update' | 'catch-up';
  readonly encoding: string;
  readonly bitsPerValue: number;
  readonly error: number;
  readonly encodeMs: number;
  readonly decodeMs: number;
}

type Sent = { received: Float32Array; bytes: number; encodeMs: number; decodeMs: number };

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      data: { type: 'string', default: process.env['FTTE_DATA'] ?? '../shared/data' },
      contributions: { type: 'string', default: '2000' },
      every: { type: 'string', default: '50' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void process.stdout.write(usage);
  const { updates, catchUps } = await recordChanges(
    values.data,
    Number(values.contributions),
    Number(values.every),
  );
  const steps = (encoding: TensorEncoding, betas: readonly number[]) =>
    betas.map(
      (beta) => [`${encoding}, step ${beta}`, (v: Float32Array) => ours(v, encoding, beta * rms(v))] as const,
    );
  const rows = [
    ...[
      ['int8', (v: Float32Array) => ours(v, 'int8')] as const,
      ...steps('dithered', [1, 1.25, 2, 2.6]),
      ...([4, 2, 1] as const).map(
        (bits) => [`EDEN, ${bits} bits`, (v: Float32Array, i: number) => rotated(v, bits, i)] as const,
      ),
    ].map(([encoding, send]) => row('update', encoding, updates, send)),
    ...[
      ['int8-blocks', (v: Float32Array) => ours(v, 'int8-blocks')] as const,
      ...steps('coarse', [0.25, 0.5, 1]),
    ].map(([encoding, send]) => row('catch-up', encoding, catchUps, send)),
  ];
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
  else
    process.stdout.write(
      `${textTable(
        ['', 'encoding', 'bits', 'error', 'encode ms', 'decode ms'],
        rows.map((r) => [
          r.what,
          r.encoding,
          `${r.bitsPerValue}`,
          `${r.error}`,
          `${r.encodeMs}`,
          `${r.decodeMs}`,
        ]),
      )}\n`,
    );
}

function row(
  what: CodecRow['what'],
  encoding: string,
  changes: readonly Float32Array[],
  send: (values: Float32Array, index: number) => Sent,
): CodecRow {
  const sum = { bits: 0, values: 0, error: 0, encodeMs: 0, decodeMs: 0 };
  for (const [i, values] of changes.entries()) {
    const { received, bytes, encodeMs, decodeMs } = send(values, i);
    sum.bits += 8 * bytes;
    sum.values += values.length;
    sum.error += energy(values.map((x, j) => received[j]! - x)) / energy(values);
    sum.encodeMs += encodeMs;
    sum.decodeMs += decodeMs;
  }
  const mean = (total: number) => Number((total / changes.length).toPrecision(3));
  return {
    what,
    encoding,
    bitsPerValue: Number((sum.bits / sum.values).toPrecision(3)),
    error: mean(sum.error),
    encodeMs: mean(sum.encodeMs),
    decodeMs: mean(sum.decodeMs),
  };
}

/** There and back; the bytes are copied, so that decoding reads them. */
function ours(values: Float32Array, encoding: TensorEncoding, step?: number): Sent {
  const from = performance.now();
  const encoded = runSync(encodeSteps(values, encoding, step));
  const between = performance.now();
  const copy = structuredClone(encoded);
  const start = performance.now();
  const received = decodeTensor(copy);
  const end = performance.now();
  const bytes = Object.values(encoded).reduce(
    (total, field) => total + (ArrayBuffer.isView(field) ? field.byteLength : 0),
    0,
  );
  return { received, bytes, encodeMs: between - from, decodeMs: end - start };
}

function rotated(values: Float32Array, bits: 1 | 2 | 4, index: number): Sent {
  const from = performance.now();
  const sent = eden(values, bits, index + 1);
  return { ...sent, encodeMs: performance.now() - from, decodeMs: 0 };
}

const energy = (values: Float32Array) => values.reduce((sum, x) => sum + x * x, 0);
const rms = (values: Float32Array) => Math.sqrt(energy(values) / values.length);

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
