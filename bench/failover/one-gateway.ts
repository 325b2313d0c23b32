import { Connection } from '../../gateway/client/connection';
import { densePlan, parameterLayout } from '../../gateway/model';
import { SeededRandom } from '../../gateway/platform';
import { modelKey, taskModel } from '../../gateway/task';
import type { Ack } from '../../gateway/wire';
import { bufferSize, failoverFederation, failoverTask } from './failover-task';

const layout = parameterLayout(taskModel(failoverTask));
/** Time after which an update without an answer is sent again, ms. */
const againMs = 200;

/** Options of `OneGateway.open`. */
export interface OneGatewayOptions {
  readonly id?: string;
  /** The version that its next update begins with. Default: the last but one that its own updates have made. */
  readonly version?: () => number;
}

/** A gateway that sends one update after the other, each until it is acknowledged. The updates follow from their numbers alone. */
export class OneGateway {
  sent = 0;
  /** Updates that were accepted more than once would be here twice. */
  readonly accepted: string[] = [];
  private readonly random = new SeededRandom(11);
  private waiting: { readonly id: string; readonly resolve: (ack: Ack) => void } | undefined;

  /** Updates that have a verdict. */
  answered = 0;
  private onAnswered: () => void = () => undefined;

  private constructor(
    private readonly connection: Connection,
    private readonly version: OneGatewayOptions['version'],
  ) {}

  static async open(
    broker: string,
    { id = 'gateway', version }: OneGatewayOptions = {},
  ): Promise<OneGateway> {
    const connection = await Connection.create({ federation: failoverFederation, id, broker });
    const gateway = new OneGateway(connection, version);
    connection.open();
    const { session } = connection;
    await session.subscribe('ack', (ack) => gateway.onAck(ack));
    return gateway;
  }

  /** Sends the next update until it has a verdict. */
  async next(lineage: string): Promise<void> {
    const number = this.sent++;
    const id = (number + 1).toString(16).padStart(16, '0');
    const values = Float32Array.from({ length: layout.size }, () => this.random.normal() / 100);
    const baseVersion = this.version?.() ?? Math.max(0, Math.floor(number / bufferSize) - 1);
    const { session } = this.connection;
    const verdict = new Promise<Ack>((resolve) => {
      this.waiting = { id, resolve };
    });
    const send = () =>
      void session
        .send({
          ...{ type: 'update', id, lineage, baseVersion },
          ...{ plan: densePlan(layout, 1), delta: { encoding: 'float32', values }, samples: 10, steps: 2 },
          ...{ variance: 0, lossBefore: 1, lossAfter: 0.5, durationMs: 5, peakBytes: 1000 },
        })
        .catch(() => undefined);
    this.introduce();
    send();
    const timer = setInterval(send, againMs);
    const { status, reason } = await verdict;
    clearInterval(timer);
    if (status === 'rejected') throw new Error(`update ${number} was rejected: ${reason}`);
    this.answered++;
    this.onAnswered();
  }

  /** Resolves when so many more updates have a verdict, while others go on to call `next`. */
  async more(count: number): Promise<void> {
    const goal = this.answered + count;
    while (this.answered < goal)
      await new Promise<void>((resolve) => {
        this.onAnswered = resolve;
      });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  private introduce(): void {
    void this.connection.session
      .send({
        ...{ type: 'hello', budgetBytes: 100_000, instance: 'i', software: 'bench' },
        modelKey: modelKey(failoverTask),
      })
      .catch(() => undefined);
  }

  private onAck(ack: Ack): void {
    if (ack.status === 'not-stored') return;
    // The update was faster than the introduction, and is sent again.
    if (ack.reason === 'unknown-sender') {
      this.introduce();
      return;
    }
    if (ack.status === 'accepted') this.accepted.push(ack.id);
    if (this.waiting?.id === ack.id) this.waiting.resolve(ack);
  }
}
