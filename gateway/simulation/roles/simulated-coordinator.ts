import type { Connection } from '../../client';
import { Coordinator } from '../../coordinator';
import { allFinite } from '../../platform';
import { sampleOf } from '../data/examples';
import { SimulatedTrainer } from '../pool/simulated-trainer';
import { keysOf, randomStream } from '../random/random-streams';
import type { WarmStartRecord } from '../results/results';
import { scenarioInvalid } from '../scenario/scenario';
import { simulatedConnection } from './simulated-connection';
import type { SimulationContext } from './simulation-context';

const id = 'coordinator';
/** The coordinator runs beside the broker. */
const speed = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };

/** The coordinator of a run: the production role over a simulated connection, with no disk. */
export class SimulatedCoordinator {
  readonly role: Coordinator;
  private readonly connection: Connection;
  private trainedOn = 0;

  constructor(private readonly context: SimulationContext) {
    const { scenario, task, seed, loop, network, warmStart } = context;
    const { clock } = loop;
    const random = randomStream(seed, 'coordinator');
    this.connection = simulatedConnection({ network, speed }, context, id, random).connection;
    this.role = new Coordinator({
      session: this.connection.session,
      task,
      folder: undefined,
      clock,
      random,
      ...(warmStart && {
        createTrainer: () => this.trainer(),
        // The samples are in memory already, so their number costs nothing.
        heldOutBytes: Number.MAX_SAFE_INTEGER,
      }),
      makeNoiseKey: keysOf(seed, 'coordinator'),
      maxGateways: scenario.clients + 1,
      // Only the number of contributions fills a buffer, however large the model.
      bufferBytes: Number.MAX_SAFE_INTEGER,
    });
  }

  connect(): void {
    this.connection.open();
  }

  /**
   * Feeds the coordinator the samples of a warm start, as the flow of a coordinator node does, until it needs no more.
   * The remaining samples are in no store and judge nothing.
   * @throws FtteError `scenario-invalid` if the samples are too few
   */
  warmUp(): void {
    const { warmStart, examples } = this.context;
    if (!warmStart) return;
    for (const i of warmStart.fed) {
      if (this.role.status.missingWindows === 0) return;
      this.role.addHeldOut(sampleOf(examples, i));
    }
    const missing = this.role.status.missingWindows;
    if (missing === 0) return;
    throw scenarioInvalid(
      'warmStart',
      `${warmStart.fed.length} samples`,
      `${missing} more samples over all labels`,
    );
  }

  /** Whether the gateways still wait for the warm start. */
  get warming(): boolean {
    return this.role.status.phase === 'warming';
  }

  get warmStart(): WarmStartRecord | undefined {
    const { warmStart } = this.context;
    if (!warmStart) return undefined;
    const { people, fed, task } = warmStart;
    return {
      ...(people !== undefined && { people }),
      setApart: fed.length,
      trainedOn: this.trainedOn,
      epochs: task.epochs,
    };
  }

  async stop(): Promise<void> {
    await this.role.stop();
    await this.connection.close();
  }

  /** A trainer that takes no virtual time: the fleet gets ready after the warm start, and time counts from then. */
  private trainer(): SimulatedTrainer {
    const { loop, pool } = this.context;
    return new SimulatedTrainer({
      pool: {
        train: async (job) => {
          const { count } = job.samples;
          const result = await pool.train(job);
          if (allFinite(result.delta) && !(result.lossAfter > result.lossBefore)) this.trainedOn = count;
          return result;
        },
      },
      clock: loop.clock,
      hold: loop.hold,
      durationMs: () => 0,
      isLost: () => false,
    });
  }
}
