import { deepEqual, equal, ok } from 'node:assert/strict';
import type { EvaluateResult, Samples, Trainer } from '../../../../gateway/engine';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

/** An engine that answers at once: the error of every value is the model's first parameter. */
class Instant {
  readonly asked: Samples[] = [];
  private error = 0;

  async configure(): Promise<void> {}
  async setParameters(flat: Float32Array): Promise<void> {
    this.error = Math.abs(flat[0]!);
  }
  async evaluate(samples: Samples): Promise<EvaluateResult> {
    this.asked.push(samples);
    const { error } = this;
    const errors = { meanSquared: error ** 2, meanAbsolute: error };
    return { count: samples.count, loss: error ** 2, confusion: new Uint32Array(0), errors };
  }
  async close(): Promise<void> {}
}

const task = tinyTask({
  kind: 'forecast',
  labels: [],
  forecast: { horizon: 2, channels: ['a'] },
  model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }] },
  aggregation: { bufferSize: 1, averageVersions: 1 },
});

describe('the judgement of versions that forecast', () => {
  const fleet = new Fleet(task);
  after(() => fleet.close());

  it('uses errors: the best version has the smallest, and no accuracy goes into the head', async () => {
    const instant = new Instant();
    const initial = new Float32Array(6).fill(0.5);
    const createTrainer = () => instant as unknown as Trainer;
    const { coordinator, versions } = await fleet.coordinator({ createTrainer, initial });
    const heads = await fleet.listen('other', ['head']);
    // A window of one reading and the two that followed it.
    for (let i = 0; i < 3; i++) coordinator.addHeldOut({ window: Float32Array.of(i, 0, i + 1, 0, i + 1, 0) });
    equal(coordinator.status.heldOut, 3);
    const a = await fleet.gateway('a');
    for (const [version, change] of [-0.25, -0.125, 0.5].entries()) {
      await a.send(a.update(coordinator.status.lineage, change, { baseVersion: version }));
      await until(() => versions.length === version + 1);
    }
    deepEqual(
      versions.map(({ average }) => average),
      [0.25, 0.125, 0.625].map((error) => ({
        windows: 3,
        loss: error ** 2,
        meanAbsoluteError: error,
        meanSquaredError: error ** 2,
        // The reading goes up by 1 and stays: persistence has an error of 1.
        skill: 1 - error ** 2,
      })),
    );
    deepEqual(versions.at(-1)?.best, { version: 2, meanSquaredError: 0.125 ** 2 });
    deepEqual(
      instant.asked.map(({ count, x, y }) => [count, x.length, y.length]),
      instant.asked.map(() => [3, 18, 0]),
    );
    await settle();
    const last = heads.at(-1);
    ok(last?.type === 'head' && last.version === 3 && last.accuracy === undefined);
    await coordinator.rollback();
    equal(coordinator.status.version, 4);
  });
});
