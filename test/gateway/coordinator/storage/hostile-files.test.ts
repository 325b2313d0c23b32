import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScoreStore } from '../../../../gateway/coordinator/evaluation/score-store';
import { MemberChanges } from '../../../../gateway/coordinator/fleet/member-changes';
import { decodeCheckpoint, encodeCheckpoint } from '../../../../gateway/coordinator/storage/checkpoint';
import { decodeRecords, encodeRecord } from '../../../../gateway/coordinator/storage/journal-record';
import { decodeRoster, encodeRoster } from '../../../../gateway/coordinator/storage/roster';
import { Outbox } from '../../../../gateway/participant/outbox/outbox';
import { outboxFile } from '../../../../gateway/participant/outbox/outbox-file';
import {
  bytesOfFloats,
  crc32,
  FtteError,
  headedBytes,
  runSync,
  SeededRandom,
  VirtualClock,
} from '../../../../gateway/platform';
import { readSamples, writeSamples } from '../../../../gateway/stream/samples/sample-file';
import { encodeMessage } from '../../../../gateway/wire';
import { broken, disturb, type Tree } from '../../../../tools/support/tampering';
import { bodies, envelope } from '../../wire/samples';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

const times = 1_500;

/** Changes the JSON at `at`, which has its length before it. The bytes around it stay. */
function withHeader(bytes: Uint8Array, at: number, random: SeededRandom): Buffer {
  const buffer = Buffer.from(bytes);
  const end = at + 4 + buffer.readUInt32LE(at);
  const header = JSON.parse(buffer.toString('utf8', at + 4, end)) as Tree;
  for (let i = 1 + random.integer(2); i > 0; i--) disturb(header, structuredClone(header), random);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  return Buffer.concat([buffer.subarray(0, at), length, text, buffer.subarray(end)]);
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/**
 * Files as another version of the software, or a person with an editor, may have left them: changed, with the correct
 * checksum.
 */
describe('files with changed content', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-hostile-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const place = async (bytes: Uint8Array | string) => {
    const path = join(folder, 'file');
    await writeFile(path, bytes);
    return path;
  };

  /** Reads a file. Any outcome but content or a refusal with these codes fails. @returns whether it was refused */
  async function refuses(read: () => unknown, ...codes: string[]): Promise<boolean> {
    try {
      await read();
      return false;
    } catch (error) {
      if (error instanceof FtteError && codes.includes(error.code)) return true;
      throw error;
    }
  }

  it('are refused as checkpoints with the right error', async () => {
    const random = new SeededRandom(1);
    const values = Float32Array.of(1, -2);
    const changes = new MemberChanges();
    changes.hello('a', 1000, 16);
    changes.accepted('a', { id: '0123456789abcdef' }, 17);
    const parts = encodeCheckpoint({
      lineage: '0123456789abcdef',
      version: 3,
      modelKey: 'fedcba9876543210',
      term: 7,
      task: tinyTask(),
      appliedThrough: 4,
      nextSequence: 6,
      accepted: 5,
      rejected: { 'too-old': 2 },
      best: { version: 3, balancedAccuracy: 0.75 },
      abandoned: [{ after: 1, before: 3 }],
      members: { roster: 2, saved: [], changes: changes.bytes ?? new Uint8Array(0) },
      parameters: { exact: values, published: values, average: values },
      residue: [{ offset: 1, length: 1 }],
      server: new Map([['velocity', values]]),
      aggregator: new Map([['memory', values]]),
    });
    const whole = Buffer.concat(runSync(parts));
    // After the magic come the length of the changes and the changes.
    const headerAt = 8 + 4 + whole.readUInt32LE(8);
    let refused = 0;
    for (let i = 0; i < times; i++) {
      const body =
        i % 4 ? withHeader(whole.subarray(0, -4), headerAt, random) : Buffer.from(broken(whole, random));
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc32(body));
      if (await refuses(() => decodeCheckpoint(Buffer.concat([body, sum])), 'checkpoint-damaged')) refused++;
    }
    assert.ok(refused > times / 4 && refused < times, `${refused}`);
  });

  it('are refused as rosters with the right error', async () => {
    const random = new SeededRandom(6);
    const member = { budgetBytes: 1000, contributions: 5, lastHeardMs: 17 };
    const members = ['a', 'bb', 'ccc'].map((id, i) => ({
      ...member,
      id,
      seen: new Uint8Array(8 * i).fill(i),
    }));
    const whole = Buffer.concat(runSync(encodeRoster(members)));
    let refused = 0;
    for (let i = 0; i < times; i++) {
      const body = Buffer.from(broken(whole.subarray(0, -4), random));
      const sum = Buffer.alloc(4);
      sum.writeUInt32LE(crc32(body));
      if (await refuses(() => decodeRoster(Buffer.concat([body, sum])), 'checkpoint-damaged')) refused++;
    }
    assert.ok(refused > times / 4 && refused < times, `${refused}`);
  });

  it('are skipped in a journal without an error', () => {
    const random = new SeededRandom(2);
    const [head, ...parts] = encodeRecord({
      lineage: '0123456789abcdef',
      contribution: contribution([1, 2, 3]),
    });
    assert.ok(head);
    const body = Buffer.concat(parts);
    let found = 0;
    for (let i = 0; i < times; i++) {
      const changed = i % 4 ? withHeader(body, 0, random) : Buffer.from(broken(body, random));
      const own = Buffer.from(head);
      own.writeUInt32LE(changed.length, own.length - 8);
      own.writeUInt32LE(crc32(changed), own.length - 4);
      found += decodeRecords(Buffer.concat([own, changed])).entries.length;
    }
    assert.ok(found > 0 && found < times, `${found}`);
  });

  it('are not read as updates of an outbox', async () => {
    const random = new SeededRandom(3);
    const update = bodies.find(({ type }) => type === 'update');
    assert.ok(update);
    const message = encodeMessage(envelope, update);
    const own = join(folder, 'outbox');
    await mkdir(own);
    let found = 0;
    for (let i = 0; i < times / 5; i++) {
      await writeFile(join(own, '1.update'), await outboxFile(broken(message, random)));
      const problems: FtteError[] = [];
      const outbox = new Outbox({
        session: { federation: 'clinic', id: 'gw', encode: (body) => encodeMessage(envelope, body) },
        folder: own,
        clock: new VirtualClock(),
        random,
        onProblem: (problem) => problems.push(problem),
        onRecovered: assert.fail,
        onFound: assert.fail,
        onOverflow: () => assert.fail('one is not too many'),
        onMerged: assert.fail,
      });
      await outbox.open();
      assert.equal(outbox.size + problems.length, 1);
      for (const { id } of outbox.entries) assert.ok(await outbox.read(id));
      found += outbox.size;
    }
    assert.ok(found < times / 10, `${found}`);
  });

  it('are not read as samples', async () => {
    const random = new SeededRandom(4);
    const { input } = tinyTask();
    const windows = [Float32Array.of(1, 2), Float32Array.of(3, 4)];
    const content = {
      input,
      rows: input.length,
      labels: ['rest', 'walk', 'run'],
      reservoirs: [
        { label: 1, seen: 5, samples: windows.map((window, i) => ({ id: i + 1, label: 1, window })) },
      ],
    };
    const original = join(folder, 'original');
    await writeSamples(original, content);
    const whole = await readFile(original);
    let lost = 0;
    for (let i = 0; i < times / 5; i++) {
      const found = await readSamples(await place(Buffer.from(broken(whole, random))));
      assert.ok(found);
      const read = found.content.reservoirs.flatMap(({ samples }) => samples);
      for (const { window } of read) {
        assert.ok(windows.some((one) => one.every((value, k) => Object.is(value, window[k]))));
      }
      if (read.length < windows.length) lost++;
    }
    assert.ok(lost > 0, `${lost}`);
  });

  it('are not read as samples of the earlier format', async () => {
    const random = new SeededRandom(6);
    const { input } = tinyTask();
    const header = { input, rows: 1, labels: ['rest'], reservoirs: [{ label: 0, seen: 5, count: 2 }] };
    const body = Buffer.concat(headedBytes(header, [bytesOfFloats(Float32Array.of(1, 2, 3, 4))]));
    const whole = Buffer.concat([Buffer.from('FTTESMP1'), body, Buffer.alloc(32)]);
    let refused = 0;
    for (let i = 0; i < times / 5; i++) {
      const content =
        i % 4 ? withHeader(whole.subarray(0, -32), 8, random) : Buffer.from(broken(whole, random));
      const found = await readSamples(await place(Buffer.concat([content, sha256(content)])));
      if (found?.damage) refused++;
    }
    assert.ok(refused > 0, `${refused}`);
  });

  it('are not read as importance scores, which are measured again', async () => {
    const random = new SeededRandom(5);
    const own = join(folder, 'model');
    const subject = { lineage: '0123456789abcdef', strategy: 'gradient' };
    const store = new ScoreStore(own, { clock: new VirtualClock(), random, onProblem: assert.ifError });
    const gains = [{ tensor: 0, gains: [0.5, 1] }];
    store.save(subject, { version: 3, norms: Uint8Array.of(1, 2), gains });
    await store.stop();
    assert.ok(await store.read(subject));
    const text = JSON.stringify({ ...subject, importance: { version: 3, norms: 'AQI=', gains } });
    for (let i = 0; i < times / 5; i++) {
      const content = JSON.parse(text) as Tree;
      disturb(content, JSON.parse(text) as Tree, random);
      await writeFile(
        join(own, 'importance.json'),
        i % 4 ? JSON.stringify(content) : broken(Buffer.from(text), random),
      );
      await store.read(subject);
    }
  });
});
