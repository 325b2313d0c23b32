import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCoordinator, type FederationMember, joinFederation } from '../../../gateway/client';
import type { VersionReport } from '../../../gateway/coordinator';
import { createEngine, InlineTrainer, type Trainer } from '../../../gateway/engine';
import { levelStep } from '../../../gateway/masking';
import { silentLog, systemClock } from '../../../gateway/platform';
import { decodeMessage } from '../../../gateway/wire';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { until } from '../../support/waiting';

const task = {
  name: 'masked',
  input: { channels: [{ name: 'a' }], rateHz: 10, length: 8, hop: 8, normalisation: 'none' as const },
  labels: ['still', 'moving'],
  model: { layers: [{ type: 'flatten' as const }, { type: 'dense' as const, units: 2 }] },
  training: { batchSize: 4, epochs: 1, minSamples: 4, maxSamplesPerRound: 32 },
  aggregation: {
    masked: true as const,
    bufferSize: 6,
    averageVersions: 1,
    participation: { kind: 'free' as const },
    maxWaitMs: 3_600_000,
  },
  encoding: { patch: 'float32' as const },
};

describe('a federation with masked updates, over Mosquitto', () => {
  if (!findProgram('mosquitto')) return it.skip('needs Mosquitto');
  let broker: Mosquitto;
  let folder: string;
  const closers: (() => Promise<unknown>)[] = [];
  before(async () => {
    broker = await startMosquitto();
    folder = mkdtempSync(join(tmpdir(), 'ftte-masked-'));
  });
  after(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
    await broker.stop();
  });

  /** The changes of each round as the engine made them, which no coordinator sees, by gateway; the newest first. */
  const rounds = new Map<string, { delta: Float32Array; samples: number }[]>();
  const trainerOf = (gateway: string) => (): Trainer => {
    const trainer = new InlineTrainer(createEngine(), systemClock);
    const train = trainer.train.bind(trainer);
    trainer.train = async (...given) => {
      const result = await train(...given);
      const { samples } = result;
      rounds.set(gateway, [{ delta: result.delta.slice(), samples }, ...(rounds.get(gateway) ?? [])]);
      return result;
    };
    return trainer;
  };
  const feed = (members: readonly FederationMember[], count = 1) => {
    for (const member of members)
      for (let i = 0; i < count; i++)
        member.add(
          Float32Array.from({ length: 8 }, () => Math.random()),
          Math.random() < 0.5 ? 'still' : 'moving',
        );
  };

  it('makes the version that plain updates would make, goes on without one helper, and sends no update without masks', async () => {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const hub = await createCoordinator({
      federation: 'clinic',
      broker: url,
      task,
      folder: join(folder, 'hub'),
      membership: 'invited',
      leaseWaitMs: 100,
      log: silentLog,
    });
    closers.push(() => hub.close());
    const line = await hub.invite({ uses: 6 });
    const members: FederationMember[] = [];
    for (let i = 0; i < 6; i++) {
      const member = await joinFederation({
        invitation: line,
        id: `g${i}`,
        folder: join(folder, `g${i}`),
        log: silentLog,
        createTrainer: trainerOf(`g${i}`),
        trigger: { newWindows: 4 + i },
        policy: { fewestSamples: 4, fewestSteps: 1, smallestBatch: 4, mostUpdatesPerHour: 10_000 },
      });
      closers.push(() => member.close());
      members.push(member);
    }
    const before = hub.export('current').parameters;
    const sent: Uint8Array[] = [];
    for (const member of members) member.on('update', (bytes) => void sent.push(bytes));
    const reports: VersionReport[] = [];
    hub.on('version', (report) => void reports.push(report));
    // A slow machine may choose a larger committee during the first rounds, which are lost then.
    let isLost = true;
    hub.on('notice', ({ code }) => (isLost ||= code === 'masks-lost'));
    for (const member of members) member.on('problem', () => (isLost = true));
    await until(
      () => reports.length > 0 && hub.status.version > 0,
      'the first version',
      () => {
        if (!isLost) return;
        isLost = false;
        for (const [i, member] of members.entries()) feed([member], 4 + i);
      },
    );
    const after = hub.export('current').parameters;

    // Each round of a gateway has another number of samples.
    const first = reports[0]!.contributions.map(
      ({ gateway, samples }) => rounds.get(gateway)!.find((round) => round.samples === samples)!,
    );
    assert.equal(first.length, 6);
    const samples = first.reduce((sum, round) => sum + round.samples, 0);
    after.forEach((value, i) => {
      const plain = first.reduce((sum, round) => sum + (round.samples * round.delta[i]!) / samples, 0);
      // Six roundings by chance of at most one level each, of numbers that are weighed by samples of 32.
      const most = (6 * levelStep * 32) / samples + 1e-6;
      assert.ok(Math.abs(value - before[i]! - plain) < most, `${i}: ${value - before[i]!} for ${plain}`);
    });

    for (const bytes of sent) {
      const update = decodeMessage(bytes);
      assert.ok(update.type === 'update' && update.masks && update.delta.encoding === 'masked');
      assert.deepEqual([update.evaluation, update.variance, update.lossAfter], [undefined, 0, Number.NaN]);
      // Levels of this round are below 2048; a masked number is that by chance.
      assert.ok(update.delta.values.filter((value) => value > 2048 && value < 63_488).length > 8);
    }

    const [gone, ...others] = members;
    await gone!.close();
    const { version } = hub.status;
    await until(
      () => hub.status.version > version,
      'a version without one helper',
      () => feed(others),
    );
  });

  it('is refused by a coordinator whose federation has no invitations, because helpers have no keys there', async () => {
    await assert.rejects(
      createCoordinator({
        federation: 'open',
        membership: 'open',
        broker: `mqtt://127.0.0.1:${broker.port}`,
        task,
        log: silentLog,
      }),
      /aggregation\.masked: expected a federation with invitations, got an open one/,
    );
  });
});
