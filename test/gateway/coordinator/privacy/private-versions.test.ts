import assert from 'node:assert/strict';
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PseudoGradient } from '../../../../gateway/coordinator/aggregation';
import {
  NoiseKey,
  NoiseStream,
  noiseKeyFile,
  PrivateVersions,
  privateSize,
  versionLedgerFile,
  versionLedgerHeadFile,
} from '../../../../gateway/coordinator/privacy';
import { runSync, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { bandNorm, gaussianEpsilon, inverseSeries, rootCoefficients } from '../../../../gateway/privacy';
import type { TaskInput } from '../../../../gateway/task';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';

const size = 9;
const names = Array.from({ length: 12 }, (_, i) => `g${i}`);

/** Keys that are all different, and the same in each run. */
function keys(seed = 1): () => Uint8Array {
  const random = new SeededRandom(seed);
  return () => Uint8Array.from({ length: 32 }, () => random.integer(256));
}

type GatewaySettings = Partial<Extract<NonNullable<TaskInput['privacy']>, { level: 'gateway' }>>;

describe('versions with privacy of gateways', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ftte-private-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const opened = async (
    settings: GatewaySettings = {},
    makeKey = keys(),
    at: string | undefined = folder,
  ) => {
    const task = tinyTask({
      privacy: { level: 'gateway', contributions: 3, separation: 2, clip: 1, ...settings },
      aggregation: { bufferSize: 3, age: { kind: 'constant' } },
    });
    const { privacy, aggregation } = task;
    assert.ok(privacy?.level === 'gateway');
    const gateways = names.map((id) => ({ id, online: true, lastHeardMs: 0 }));
    const versions = new PrivateVersions({
      ...{ privacy, aggregation, size, folder: at, key: new NoiseKey(at, makeKey) },
      clock: new VirtualClock(1000),
      gateways: () => gateways,
    });
    await versions.open();
    return versions;
  };
  const sent = (...gateways: string[]) =>
    gateways.map((gateway) => contribution(new Array(size).fill(1), { gateway, id: `of ${gateway}` }));
  let made = 0;
  /** Pays for a version and makes it. @returns its pseudo-gradient */
  const make = async (versions: PrivateVersions, ...gateways: string[]) => {
    const contributions = sent(...gateways);
    await versions.pay(contributions, ++made, 'lineage');
    const into = new PseudoGradient(size);
    runSync(versions.combine(contributions, made - 1, into));
    versions.advanced();
    return [...into.values];
  };

  it('are sums of clipped updates over a public divisor, with the noise of the ledger', async () => {
    const versions = await opened({ epsilon: 1000, contributions: 1 });
    const values = await make(versions, 'g0', 'g1');
    const { divisor, noise, clip, nonce } = versions.entries[0]!;
    assert.deepEqual([divisor, clip], [3, 1]);
    assert.ok(nonce.length === 64 && noise < 0.1);
    // Two of three updates are there, each shortened from a norm of 3 to 1.
    for (const value of values) assert.ok(Math.abs(value - 2 / 3 / 3) < 0.15, `${value}`);
  });

  it('have noise of the deviation that the budget asks for, which cancels out over the separation', async () => {
    const [band, length] = [4, 4000];
    const makeKey = keys(3);
    const nonces = Array.from({ length: 12 }, () => Buffer.from(makeKey()).toString('hex'));
    const stream = () => new NoiseStream((nonce) => Buffer.from(nonce, 'hex'));
    const [first, again] = [stream(), stream()];
    const summed = new Float64Array(length);
    for (let t = 1; t <= nonces.length; t++) {
      const noise = runSync(first.of(nonces.slice(0, t), band, length));
      for (let i = 0; i < length; i++) summed[i]! += noise[i]!;
      // One that begins in the middle, as after a restart, has the same bits.
      if (t === 7 || t === 12) assert.deepEqual(runSync(again.of(nonces.slice(0, t), band, length)), noise);
    }
    let [sum, variance] = [0, 0];
    for (const value of inverseSeries(rootCoefficients(band), nonces.length)) {
      sum += value;
      variance += sum * sum;
    }
    const measured = summed.reduce((total, value) => total + value * value, 0) / length;
    assert.ok(Math.abs(measured / variance - 1) < 0.08, `${measured} in place of ${variance}`);
    assert.ok(variance < nonces.length, 'less than independent noise leaves');
  });

  it('use a gateway as often as the budget says, at least the separation apart, and say why they do not', async () => {
    const versions = await opened({ epsilon: 8 });
    assert.equal(versions.refusalOf('g0', false), undefined);
    assert.match(versions.refusalOf('g0', true)?.detail ?? '', /waits for the next version already/);
    await make(versions, 'g0', 'g1', 'g2');
    assert.match(versions.refusalOf('g0', false)?.detail ?? '', /was used 1 version ago, and 2 versions lie/);
    assert.equal(versions.refusalOf('g3', false), undefined);
    for (let i = 0; i < 2; i++) {
      await make(versions, 'g3', 'g4', 'g5');
      assert.equal(versions.refusalOf('g0', false), undefined);
      await make(versions, 'g0', 'g1', 'g2');
    }
    assert.match(
      versions.refusalOf('g0', false)?.detail ?? '',
      /^its privacy budget is spent: another version would exceed epsilon 8 at delta 0\.00001 after 3 updates$/,
    );
    const { spentEpsilon, contributions, isSpent } = versions.spendingOf('g0');
    assert.deepEqual([contributions, isSpent], [3, true]);
    assert.ok(spentEpsilon <= 8 && spentEpsilon > 7.98, `${spentEpsilon}`);
    assert.equal(versions.status.spentGateways, 3);
    // The same reason for all updates of a gateway that is spent, also for a second one.
    const waiting = sent('g0', 'g8', 'g0', 'g8', 'g9');
    assert.deepEqual(
      waiting.map((one) => versions.unpaid(waiting).get(one)),
      ['spent', undefined, 'spent', 'repeated', undefined],
    );
    assert.equal(versions.status.spentEpsilon, spentEpsilon);
    // The ledger says the same, counted again from nothing but its entries.
    const mine = versions.entries.filter((entry) => entry.contributions.some(([id]) => id === 'g0'));
    const squares = mine.reduce((total, { band, noise }) => total + (bandNorm(band) / noise) ** 2, 0);
    assert.equal(gaussianEpsilon(Math.sqrt(squares), 1e-5), spentEpsilon);
    // Another process counts on.
    assert.equal((await opened({ epsilon: 8 })).spendingOf('g0').contributions, 3);
  });

  it('that were interrupted come again with the same noise from the same updates, and with other noise from others', async () => {
    const makeKey = keys();
    const before = await opened({}, makeKey);
    await make(before, 'g6', 'g7');
    const model = before.arrays();
    const whole = await make(before, 'g0', 'g1', 'g2');

    const same = await opened({}, makeKey);
    same.restore(model);
    assert.equal(same.ready(sent('g0', 'g1', 'g2', 'g3')), 3);
    assert.equal(same.unpaid(sent('g0', 'g1', 'g2')).size, 0);
    assert.deepEqual(await make(same, 'g0', 'g1', 'g2'), whole);
    assert.equal(same.entries.length, 2);

    const other = await opened({}, makeKey);
    other.restore(model);
    await make(other, 'g0', 'g1', 'g3');
    assert.equal(other.entries.length, 3, 'the interrupted version stays paid for');
    assert.equal(other.spendingOf('g0').contributions, 2);
    assert.ok(other.entries[2]!.begins && other.entries[2]!.nonce !== other.entries[1]!.nonce);
  });

  it('use one update of a gateway, and count several of one version with the square of their number', async () => {
    const versions = await opened({ epsilon: 8 });
    const many = Array.from({ length: 3 }, (_, i) =>
      contribution(new Array(size).fill(1), { gateway: 'g0', id: `update ${i}` }),
    );
    assert.deepEqual([...versions.unpaid([...many, ...sent('g1')]).keys()], many.slice(1));
    await versions.pay(many, 1, 'lineage');
    const { band, noise } = versions.entries[0]!;
    const epsilon = gaussianEpsilon((3 * bandNorm(band)) / noise, 1e-5);
    assert.ok(Math.abs(versions.spendingOf('g0').spentEpsilon / epsilon - 1) < 1e-9);
  });

  it('are made if the broker knows a version that the ledger knows, too, and not if the ledger is as old as the folder', async () => {
    const versions = await opened();
    await versions.pay(sent('g0', 'g1', 'g2'), 5, 'lineage');
    assert.equal(versions.distrustOlderFolder(5, 3, 'lineage', true), false);
    assert.equal(versions.problem, undefined);
    assert.equal(versions.distrustOlderFolder(6, 3, 'lineage', true), true);
    assert.match(`${versions.problem}`, /the broker knows version 6, the folder only 3/);
    const other = await opened();
    assert.equal(other.distrustOlderFolder(5, 3, 'another', true), true);
  });

  it('are not made of other updates than those that were paid for', async () => {
    const versions = await opened();
    await versions.pay(sent('g0', 'g1', 'g2'), 1, 'lineage');
    const into = new PseudoGradient(size);
    assert.throws(() => runSync(versions.combine(sent('g1', 'g2', 'g3'), 0, into)), {
      code: 'privacy-ledger',
    });
  });

  it('begin with noise that has nothing to do with earlier noise if its key is gone', async () => {
    const before = await opened();
    await make(before, 'g0', 'g1');
    const model = before.arrays();
    await rm(join(folder, noiseKeyFile));
    const versions = await opened({}, keys(2));
    versions.restore(model);
    await make(versions, 'g2', 'g3');
    assert.deepEqual(
      versions.entries.map(({ begins }) => begins),
      [true, true],
    );
  });

  it('do not come if the ledger is damaged, cut or older than the model, and each has its own message', async () => {
    const before = await opened();
    await make(before, 'g0', 'g1');
    const [ledger, head] = [versionLedgerFile, versionLedgerHeadFile].map((name) => join(folder, name)) as [
      string,
      string,
    ];
    for (const path of [ledger, head]) await copyFile(path, `${path}.old`);
    await make(before, 'g2', 'g3');
    const model = before.arrays();
    const whole = await readFile(ledger);
    const problem = async () => {
      const versions = await opened();
      versions.restore(model);
      assert.equal(versions.ready(sent('g4', 'g5', 'g6')), 0);
      const { detail = '' } = versions.refusalOf('g4', false) ?? {};
      assert.match(detail, /^the coordinator cannot trust its ledger/);
      assert.ok(!detail.includes(folder), 'gateways learn no path of the coordinator');
      assert.equal(versions.problem?.code, 'privacy-ledger');
      return versions.problem?.message ?? '';
    };
    await truncate(ledger, 9);
    assert.match(await problem(), /it has 0 of 2 entries: an earlier copy of it, or cut, so it is not known/);
    const changed = Buffer.from(whole);
    changed[40]! ^= 1;
    await writeFile(ledger, changed);
    assert.match(await problem(), /it has 1 of 2 entries: it has changed on disk, or was cut/);
    for (const path of [ledger, head]) await copyFile(`${path}.old`, path);
    assert.match(
      await problem(),
      /privacy-ledger\.bin has 1 version, and the model was made of 2: an earlier copy of the ledger was restored/,
    );
    await rm(head);
    assert.match(await problem(), /privacy-ledger\.json is missing beside it/);
  });

  it('have 50 to 100 contributions if a task leaves it open, but never more than there are gateways', () => {
    const sizes = (gateways: number) => Object.values(privateSize('auto', 'auto', gateways));
    assert.deepEqual(sizes(5000), [100, 45]);
    assert.deepEqual(sizes(700), [70, 9]);
    assert.deepEqual(sizes(500), [50, 9]);
    assert.deepEqual(sizes(21), [18, 1]);
    assert.deepEqual(sizes(1), [1, 1]);
    // A separation stays while the fleet shrinks a little, and goes if versions would become much smaller.
    assert.deepEqual(Object.values(privateSize('auto', 'auto', 400, 9)), [40, 9]);
    assert.deepEqual(Object.values(privateSize('auto', 'auto', 100, 9)), [50, 1]);
    assert.deepEqual(Object.values(privateSize(30, 4, 500)), [30, 4]);
  });
});
