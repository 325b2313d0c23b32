import assert from 'node:assert/strict';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { ModelFollower } from '../../../gateway/participant';
import { SeededRandom, silentLog, VirtualClock } from '../../../gateway/platform';
import { type AnomalyVerdict, Predictor, type PredictorOptions } from '../../../gateway/prediction';
import { TransportSession } from '../../../gateway/session';
import type { Task } from '../../../gateway/task';
import { MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import { federation, ScriptedCoordinator, settled, tinyTask, until } from '../participant/tools';

/** A task of two channels, with windows of eight readings. */
export const anomalyTask = (falseAlarms = 0.02): Task =>
  tinyTask({
    kind: 'anomaly',
    input: {
      channels: [
        { name: 'hr', unit: 'bpm', centre: 80, spread: 10 },
        { name: 'spo2', unit: '%', centre: 97, spread: 2 },
      ],
      rateHz: 2,
      length: 8,
      hop: 8,
    },
    labels: [],
    anomaly: { falseAlarms },
    model: { layers: [{ type: 'flatten' }, { type: 'dense', units: 16 }] },
  });

/**
 * Reconstructs a window with an error of about the model's first parameter in each value, and twice that in channel 0.
 */
class Sloppy extends InlineTrainer {
  private error = 0;

  constructor() {
    super(createEngine());
  }
  override async configure() {
    return undefined as never;
  }
  override async setParameters(flat: Float32Array): Promise<void> {
    this.error = Math.abs(flat[0]!);
  }
  override async predict(x: Float32Array): Promise<Float32Array> {
    return x.map((value, i) => {
      const wrong = this.error * (i % 2 === 0 ? 2 : 1) * (1 + 0.2 * Math.sin(9 * value));
      if (Math.abs(value) > 1e9) return Number.NaN;
      return Math.abs(value) > 50 ? 0 : value + wrong;
    });
  }
}

/** A predictor of anomalies whose models come from a scripted coordinator. Both survive a restart of the predictor. */
export class AnomalyHarness {
  readonly clock = new VirtualClock();
  readonly warnings: string[] = [];
  private readonly broker = new MemoryBroker();
  private readonly random = new SeededRandom(3);
  private follower: ModelFollower | undefined;
  private made: Predictor | undefined;

  private constructor(
    task: Task,
    private readonly options: Partial<PredictorOptions>,
  ) {
    this.coordinator = new ScriptedCoordinator(this.broker, this.clock, task);
    this.coordinator.parameters[0] = 1;
    this.coordinator.average[0] = 1;
  }

  readonly coordinator: ScriptedCoordinator;

  static async make(task: Task, options: Partial<PredictorOptions> = {}): Promise<AnomalyHarness> {
    const harness = new AnomalyHarness(task, options);
    await harness.coordinator.start();
    await harness.start();
    return harness;
  }

  get predictor(): Predictor {
    assert.ok(this.made);
    return this.made;
  }

  /** Starts a gateway from the files on its disk. */
  async start(more: Partial<PredictorOptions> = {}): Promise<void> {
    const { broker, clock } = this;
    const transport = new MemoryTransport(broker, { client: 'gw' });
    const session = new TransportSession({
      transport,
      federation,
      id: 'gw',
      clock,
      random: new SeededRandom(1),
    });
    const follower = new ModelFollower({ session, clock, random: new SeededRandom(2) });
    this.follower = follower;
    const log = { ...silentLog, warn: (text: string) => this.warnings.push(text) };
    const trainer = new Sloppy();
    this.made = new Predictor({ follower, trainer, use: 'current', clock, ...this.options, ...more, log });
    transport.open();
    this.made.start();
    await follower.start();
    await settled();
    clock.advance(1000);
    await until(() => this.predictor.serving !== undefined, 'a model');
  }

  async stop(): Promise<void> {
    await this.made?.stop();
    await this.follower?.stop();
  }

  async look(window = this.ordinary()): Promise<AnomalyVerdict> {
    const answer = await this.predictor.predict(window);
    assert.ok(answer.kind === 'anomaly');
    return answer;
  }

  async learn(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.look();
  }

  private ordinary(): Float32Array {
    return Float32Array.from({ length: 16 }, () => this.random.normal());
  }
}

export const wild = () => new Float32Array(16).fill(100);
