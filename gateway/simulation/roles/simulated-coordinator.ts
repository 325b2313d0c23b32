import { Coordinator } from '../../coordinator';
import { allFinite } from '../../platform';
import { TransportSession } from '../../session';
import { SimulatedTransport } from '../network/simulated-transport';
import { sampleOf } from '../pool/pool-host';
import { SimulatedTrainer } from '../pool/simulated-trainer';
import { stream } from '../random/random-streams';
import type { WarmStartRecord } from '../results/results';
import { scenarioInvalid } from '../scenario/scenario';
import type { SimulationContext } from './client';

const id = 'coordinator';
/** It sits beside the broker. */
const speed = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };

/** The coordinator of a run: the production role over a simulated connection, with no disk. */
export class SimulatedCoordinator {
  readonly role: Coordinator;
  private readonly transport: SimulatedTransport;
  private readonly session: TransportSession;
  private trainedOn = 0;

  constructor(private readonly around: SimulationContext) {
    const { scenario, task, seed, federation, loop, network, decode, warmStart } = around;
    const { clock } = loop;
    const random = stream(seed, 'coordinator');
    const transport = new SimulatedTransport({ network, speed, will: TransportSession.will(federation, id) });
    this.transport = transport;
    this.session = new TransportSession({ transport, federation, id, clock, random, decode });
    this.role = new Coordinator({
      session: this.session,
      task,
      folder: undefined,
      clock,
      random,
      ...(warmStart && {
        createTrainer: () => this.trainer(),
        // Its samples are in memory already, however many they are.
        heldOutBytes: Number.MAX_SAFE_INTEGER,
      }),
      maxGateways: scenario.clients + 1,
      // A buffer is applied when it is full by number, however large the model.
      bufferBytes: Number.MAX_SAFE_INTEGER,
    });
  }

  connect(): void {
    this.transport.open();
    this.session.start();
  }

  /**
   * Feeds the coordinator the samples of a warm start, as a person feeds its node, until it wants no more: those that
   * are left over judge nothing, and are in no store.
   * @throws FtteError `scenario-invalid` where it still waits for samples after the last one
   */
  warmUp(): void {
    const { warmStart, examples } = this.around;
    if (!warmStart) return;
    for (const i of warmStart.fed) {
      if (this.role.status.missingWindows === 0) return;
      this.role.addHeldOut(sampleOf(examples, i));
    }
    const missing = this.role.status.missingWindows;
    if (missing === 0) return;
    throw scenarioInvalid('warmStart', `${warmStart.fed.length} samples`, `${missing} more, over all labels`);
  }

  /** Whether gateways still wait for a warm start. */
  get warming(): boolean {
    return this.role.status.phase === 'warming';
  }

  get warmStart(): WarmStartRecord | undefined {
    const { warmStart } = this.around;
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
    await this.session.stop();
    await this.transport.close();
  }

  /** Takes no virtual time: what is measured begins when the fleet is ready after it. */
  private trainer(): SimulatedTrainer {
    const { loop, pool } = this.around;
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
