import { Coordinator } from '../coordinator';
import { Session } from '../session';
import type { Surroundings } from './client';
import { SimulatedTransport } from './simulated-transport';
import { stream } from './streams';

const id = 'coordinator';
/** It sits beside the broker. */
const speed = { upBytesPerSecond: Infinity, downBytesPerSecond: Infinity, latencyMs: 0 };

/** The coordinator of a run: the production role over a simulated connection, with no disk. */
export class SimulatedCoordinator {
  readonly role: Coordinator;
  private readonly transport: SimulatedTransport;
  private readonly session: Session;

  constructor({ scenario, task, seed, federation, loop, network, decode }: Surroundings) {
    const { clock } = loop;
    const random = stream(seed, 'coordinator');
    const transport = new SimulatedTransport({ network, speed, will: Session.will(federation, id) });
    this.transport = transport;
    this.session = new Session({ transport, federation, id, clock, random, decode });
    this.role = new Coordinator({
      session: this.session,
      task,
      folder: undefined,
      clock,
      random,
      maxGateways: scenario.clients + 1,
      // A buffer is applied when it is full by number, however large the model.
      bufferBytes: Number.MAX_SAFE_INTEGER,
    });
  }

  connect(): void {
    this.transport.open();
    this.session.start();
  }

  async stop(): Promise<void> {
    await this.role.stop();
    await this.session.stop();
    await this.transport.close();
  }
}
