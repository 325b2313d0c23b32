import { deepEqual, equal, ok, throws } from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createEngine,
  type EvaluateResult,
  InlineTrainer,
  type Samples,
  type Trainer,
} from '../../../../gateway/engine';
import { FtteError } from '../../../../gateway/platform';
import { modelKey } from '../../../../gateway/task';
import { Fleet, settle, tinyTask, until } from '../fleet-harness';

/** An engine whose answers come from the test, one `evaluate` at a time. */
class ScriptedTrainer {
  readonly requests: Samples[] = [];
  closed = 0;
  private waiting: ((result: EvaluateResult | Error) => void)[] = [];

  /** Makes `configure` fail; the engine refuses to work until one has succeeded. */
  setupFails = false;
  private ready = false;

  async configure(): Promise<void> {
    if (this.setupFails) throw new FtteError('engine-crashed', 'out of memory');
    this.ready = true;
  }
  async setParameters(): Promise<void> {}
  evaluate(samples: Samples): Promise<EvaluateResult> {
    if (!this.ready) return Promise.reject(new FtteError('not-ready', 'configure it first'));
    this.requests.push(samples);
    return new Promise((resolve, reject) => {
      this.waiting.push((result) => (result instanceof Error ? reject(result) : resolve(result)));
    });
  }
  async close(): Promise<void> {
    this.closed++;
    for (const answer of this.waiting.splice(0)) answer(new FtteError('cancelled', 'closed'));
  }

  /** Answers the next request: this number of windows was right, or an error. */
  async answer(right: number | Error): Promise<void> {
    await until(() => this.waiting.length > 0);
    const samples = this.requests.at(-1)!;
    const confusion = new Uint32Array(9);
    if (typeof right === 'number') {
      samples.y.forEach((label, i) => {
        confusion[label * 3 + (i < right ? label : (label + 1) % 3)]!++;
      });
    }
    this.waiting.shift()?.(right instanceof Error ? right : { count: samples.count, loss: 1, confusion });
    await settle();
  }

  get trainer(): Trainer {
    return this as unknown as Trainer;
  }
}

describe('the judgement of versions', () => {
  let fleet: Fleet;
  beforeEach(() => {
    fleet = new Fleet(tinyTask({ aggregation: { bufferSize: 1, averageVersions: 1 } }));
  });
  afterEach(() => fleet.close());

  const held = (label: number) => ({ window: Float32Array.of(label, 1), label });

  async function withWindows(scripted: ScriptedTrainer, folder?: string) {
    const watched = await fleet.coordinator({ createTrainer: () => scripted.trainer, folder });
    for (let i = 0; i < 4; i++) watched.coordinator.addHeldOut(held(i % 2));
    const a = await fleet.gateway('a');
    let version = 0;
    const advance = async () => {
      await a.send(a.update(watched.coordinator.status.lineage, 0.1, { baseVersion: version++ }));
      await until(() => watched.coordinator.status.accepted === version);
      await settle(20);
    };
    return { ...watched, advance };
  }

  it('is part of the report of a version, names the best version, and goes into the head', async () => {
    const scripted = new ScriptedTrainer();
    const { coordinator, versions, advance } = await withWindows(scripted);
    const heads = await fleet.listen('other', ['head']);
    for (const right of [2, 4, 3]) {
      await advance();
      await scripted.answer(1);
      await scripted.answer(right);
    }
    await until(() => versions.length === 3);
    deepEqual(
      versions.map(({ average }) => average?.accuracy),
      [0.5, 1, 0.75],
    );
    deepEqual(
      versions.map(({ current }) => current?.accuracy),
      [0.25, 0.25, 0.25],
    );
    deepEqual(
      versions.map(({ best }) => best?.version),
      [1, 2, 2],
    );
    equal(versions[0]?.average?.windows, 4);
    equal(coordinator.status.heldOut, 4);
    const last = heads.at(-1);
    ok(last?.type === 'head' && last.version === 3 && last.accuracy === 0.75);
  });

  it('does not delay the next version: versions that come meanwhile are skipped, in order', async () => {
    const scripted = new ScriptedTrainer();
    const { coordinator, versions, advance } = await withWindows(scripted);
    for (let i = 0; i < 4; i++) await advance();
    equal(coordinator.status.version, 4);
    equal(versions.length, 0);
    await scripted.answer(4);
    await scripted.answer(4);
    await until(() => versions.length === 3);
    await scripted.answer(2);
    await scripted.answer(2);
    await until(() => versions.length === 4);
    deepEqual(
      versions.map(({ version, average }) => [version, average?.accuracy]),
      [
        [1, 1],
        [2, undefined],
        [3, undefined],
        [4, 0.5],
      ],
    );
  });

  it('keeps the best version on disk however many follow, for a rollback', async () => {
    const scripted = new ScriptedTrainer();
    const folder = await fleet.folder();
    const { coordinator, versions, advance } = await withWindows(scripted, folder);
    let best: Float32Array | undefined;
    for (const right of [1, 4, 1, 1, 1, 1, 1]) {
      await advance();
      if (right === 4) best = coordinator.export('current').parameters;
      await scripted.answer(right);
      await scripted.answer(right);
    }
    await until(() => versions.length === 7);
    const kept = (await readdir(join(folder, modelKey(fleet.task)))).filter((name) => name.endsWith('.ckpt'));
    equal(kept.length, 4);
    await coordinator.rollback();
    equal(coordinator.status.version, 8);
    deepEqual(coordinator.export('current').parameters, best);
  });

  it('fails without harm: the version is reported unjudged, and the reason as a problem', async () => {
    const scripted = new ScriptedTrainer();
    const { versions, problems, advance } = await withWindows(scripted);
    await advance();
    await scripted.answer(new FtteError('engine-crashed', 'the engine is gone'));
    await until(() => versions.length === 1);
    equal(versions[0]?.average, undefined);
    ok(problems[0] instanceof FtteError && problems[0].code === 'engine-crashed');
    await advance();
    await scripted.answer(4);
    await scripted.answer(4);
    await until(() => versions.length === 2);
    equal(versions[1]?.average?.accuracy, 1);
  });

  it('configures the engine again if that failed', async () => {
    const scripted = new ScriptedTrainer();
    scripted.setupFails = true;
    const { versions, problems, advance } = await withWindows(scripted);
    await advance();
    await until(() => versions.length === 1);
    equal(versions[0]?.average, undefined);
    equal(problems.length, 1);
    scripted.setupFails = false;
    await advance();
    await scripted.answer(4);
    await scripted.answer(4);
    await until(() => versions.length === 2);
    equal(versions[1]?.average?.accuracy, 1);
  });

  it('ends with the coordinator, in the middle of a judgement too, and closes the engine', async () => {
    const scripted = new ScriptedTrainer();
    const { coordinator, versions, problems, advance } = await withWindows(scripted);
    await advance();
    await until(() => scripted.requests.length === 1);
    await coordinator.stop();
    equal(scripted.closed, 1);
    deepEqual(
      versions.map(({ version }) => version),
      [1],
    );
    deepEqual(problems, []);
  });

  it('sends windows to the engine in small parts, each window once', async () => {
    fleet = new Fleet(
      tinyTask({
        aggregation: { bufferSize: 1 },
        input: {
          channels: [{ name: 'a' }, { name: 'b' }],
          rateHz: 1,
          length: 4096,
          hop: 1,
          normalisation: 'none',
        },
        model: { layers: [{ type: 'globalaveragepool1d' }, { type: 'dense', units: 3 }] },
      }),
    );
    const scripted = new ScriptedTrainer();
    const { coordinator, versions } = await fleet.coordinator({ createTrainer: () => scripted.trainer });
    for (let i = 0; i < 20; i++)
      coordinator.addHeldOut({ window: new Float32Array(8192).fill(i), label: i % 3 });
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.status.lineage, 0.1));
    for (let i = 0; i < 6; i++) await scripted.answer(8);
    await until(() => versions.length === 1);
    ok(scripted.requests.every(({ x }) => x.buffer.byteLength <= 256 * 1024));
    const seen = scripted.requests
      .slice(0, 3)
      .flatMap(({ x, count }) => Array.from({ length: count }, (_, i) => x[i * 8192]));
    deepEqual(
      seen.sort((x, y) => Number(x) - Number(y)),
      Array.from({ length: 20 }, (_, i) => i),
    );
    equal(versions[0]?.current?.windows, 20);
  });

  it('refuses windows that do not fit the task, and keeps none of them', async () => {
    const { coordinator } = await fleet.coordinator();
    const isCode = (code: string) => (error: unknown) => error instanceof FtteError && error.code === code;
    throws(() => coordinator.addHeldOut({ window: new Float32Array(3), label: 0 }), isCode('window-shape'));
    throws(
      () => coordinator.addHeldOut({ window: Float32Array.of(1, Number.NaN), label: 0 }),
      isCode('window-not-finite'),
    );
    throws(() => coordinator.addHeldOut({ window: new Float32Array(2) }), isCode('not-labelled'));
    throws(() => coordinator.addHeldOut({ window: new Float32Array(2), label: 3 }), isCode('label-unknown'));
    equal(coordinator.status.heldOut, 0);
  });

  it('agrees with the engine: a model that reads the label from the window is always right', async () => {
    const initial = new Float32Array(9);
    // Window [label, 1]: label 0 or 1 decides between outputs 0 and 1.
    initial.set([-10, 10, -100], 0);
    initial.set([5, -5, -100], 3);
    const { coordinator, versions } = await fleet.coordinator({
      initial,
      createTrainer: () => new InlineTrainer(createEngine('javascript')),
    });
    for (let i = 0; i < 10; i++) coordinator.addHeldOut(held(i % 2));
    const a = await fleet.gateway('a');
    await a.send(a.update(coordinator.status.lineage, 0));
    await until(() => versions.length === 1);
    equal(versions[0]?.current?.balancedAccuracy, 1);
    ok((versions[0]?.current?.loss ?? 1) < 0.01);
  });
});
