import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { Samples, Trainer } from '../../../../gateway/engine';
import { Fleet, tinyTask, until } from '../fleet-harness';

/** An engine whose error is the first parameter. */
class FirstParameter {
  private error = 0;
  async configure(): Promise<void> {}
  async setParameters(flat: Float32Array): Promise<void> {
    this.error = flat[0] ?? Number.NaN;
  }
  async evaluate({ count }: Samples) {
    const errors = { meanSquared: this.error ** 2, meanAbsolute: this.error };
    return { count, loss: this.error ** 2, confusion: new Uint32Array(0), errors };
  }
  async close(): Promise<void> {}
}

describe('a model that diverges', () => {
  const fleet = new Fleet(
    tinyTask({
      kind: 'forecast',
      labels: [],
      forecast: { horizon: 2, channels: ['a'] },
      model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
      aggregation: { bufferSize: 1, averageVersions: 1, maxNorm: 1e6, damping: 0 },
    }),
  );
  after(() => fleet.close());

  it('goes back to its best version under a new number, and gateways go on from there', async () => {
    const { coordinator, versions, notices } = await fleet.coordinator({
      createTrainer: () => new FirstParameter() as unknown as Trainer,
      initial: new Float32Array(6).fill(0.5),
      folder: await fleet.folder(),
    });
    for (let i = 0; i < 3; i++) coordinator.addHeldOut({ window: Float32Array.of(i, 0, i + 1, 0, 0, 0) });
    const a = await fleet.gateway('a');
    const send = async (version: number, change: number) => {
      await a.send(a.update(coordinator.status.lineage, change, { baseVersion: version - 1 }));
      await until(() => versions.some((report) => report.version === version));
    };
    await send(1, -0.25);
    const good = coordinator.export().parameters;
    for (const [i, change] of [10, 10, 10].entries()) await send(2 + i, change);
    await until(() => notices.some(({ code }) => code === 'diverged'));
    equal(coordinator.status.version, 5);
    deepEqual(coordinator.export().parameters, good);
    const notice = notices.find(({ code }) => code === 'diverged');
    match(notice?.text ?? '', /went back to version 1 as version 5 \(1 of 3 times\)/);
    await send(6, -0.125);
    equal(coordinator.status.phase, 'collecting');
    ok((versions.at(-1)?.average?.meanAbsoluteError ?? 1) < 0.25);
  });
});
