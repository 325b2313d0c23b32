import { deepEqual, equal, ok } from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Outbox } from '../../../../gateway/participant/outbox/outbox';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { type Body, decodeMessage, encodeMessage, type Update } from '../../../../gateway/wire';
import { type DiskFault, diskFault, faultyDisk } from '../../../../tools/support/faulty-disk';
import { firstLineage } from '../tools';

const encode = (body: Body) => encodeMessage({ federation: 'clinic', sender: 'gw', sequence: 1 }, body);

/** The update of round `n` has 2^n samples, and its delta is n + 1: so a merged one says which rounds it holds. */
const roundUpdate = (n: number, baseVersion: number): Update => ({
  type: 'update',
  id: n.toString(16).padStart(16, '0'),
  lineage: firstLineage,
  baseVersion,
  plan: { microBatch: 4, entries: [{ tensor: 0 }] },
  delta: { encoding: 'float32', values: new Float32Array(4).fill(n + 1) },
  samples: 2 ** n,
  steps: 1,
  variance: 0,
  lossBefore: 1,
  lossAfter: 1,
  durationMs: 1,
  peakBytes: 1,
});
const rounds = [3, 3, 3, 4, 4].map((version, n) => roundUpdate(n, version));

/** Runs that use one folder, of which the first dies at an operation of the disk. */
async function survive(at: number, how: 'die' | 'tear'): Promise<{ operations: number; died: boolean }> {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-outbox-crash-'));
  const own = join(folder, 'outbox');
  const inProcess = new AsyncLocalStorage<number>();
  const ends: (() => void)[] = [];
  let process = 1;
  let operations = 0;
  let died: () => void = () => undefined;
  const death = new Promise<void>((resolve) => {
    died = resolve;
  });
  const never = () =>
    new Promise<never>((_, reject) => ends.push(() => reject(new Error('the process is dead'))));
  const die = () => {
    process++;
    died();
    return never();
  };
  const disk = faultyDisk(folder, (): DiskFault | Promise<DiskFault> => {
    if ((inProcess.getStore() ?? process) !== process) return never();
    if (process > 1 || operations++ !== at) return undefined;
    return diskFault(how, die);
  });
  const start = async () => {
    const outbox = new Outbox({
      session: { federation: 'clinic', id: 'gw', encode },
      folder: own,
      clock: new VirtualClock(),
      random: new SeededRandom(1),
      onProblem: (problem) => ok(process > 1, problem.message),
      onRecovered: () => undefined,
      onFound: () => undefined,
      onOverflow: () => undefined,
      onMerged: () => undefined,
    });
    await outbox.open();
    return outbox;
  };
  const stored = new Set<number>();
  /** The update that was sent, and whether its removal has begun. */
  let removing = false;
  try {
    const life = inProcess.run(1, async () => {
      const outbox = await start();
      for (const [n, update] of rounds.entries()) {
        await outbox.put(update, encode(update));
        if (process === 1) stored.add(n);
      }
      await outbox.read(rounds[0]!.id);
      removing = process === 1;
      await outbox.remove(rounds[0]!.id);
      await outbox.close();
    });
    await Promise.race([life, death]);
    const hasDied = process > 1;
    await disk.rest();
    rmSync(`${own}.lock`, { force: true });
    process = 3;
    await inProcess.run(3, async () => {
      const outbox = await start();
      const seen: number[] = [];
      for (const { id } of outbox.entries) {
        const update = decodeMessage((await outbox.read(id))!);
        ok(update.type === 'update');
        const inside = rounds.flatMap((_, n) => (update.samples & (2 ** n) ? [n] : []));
        seen.push(...inside);
        const mean = inside.reduce((sum, n) => sum + 2 ** n * (n + 1), 0) / update.samples;
        for (const value of update.delta.values) ok(Math.abs(value - mean) < 1e-5, `${value}, mean ${mean}`);
      }
      equal(new Set(seen).size, seen.length, `a round is there twice: ${seen}`);
      const isThere = (n: number) => seen.includes(n);
      // While the file of the sent update is being removed, it may be there or not, but as a whole.
      const expected = [...stored].filter((n) => !removing || n > 2);
      deepEqual(
        expected.filter((n) => !isThere(n)),
        [],
        `lost; there are ${seen}`,
      );
      if (removing) ok([0, 1, 2].every(isThere) || ![0, 1, 2].some(isThere), `${seen}`);
      await outbox.close();
    });
    return { operations, died: hasDied };
  } finally {
    disk();
    for (const end of ends.splice(0)) end();
    // Each storage that is left costs every promise of this process time.
    inProcess.disable();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('rounds that become one update in the outbox, with a process that dies', function () {
  this.timeout(600_000);
  let operations = 0;
  before(async () => {
    ({ operations } = await survive(Number.POSITIVE_INFINITY, 'die'));
    ok(operations > 20, `${operations}`);
  });

  for (const [how, when] of [
    ['die', 'before'],
    ['tear', 'in the middle of'],
  ] as const)
    it(`are all there, each once, after a kill ${when} any one operation of the disk`, async () => {
      for (let at = 0; at < operations; at++) equal((await survive(at, how)).died, true, `${at}`);
    });
});
