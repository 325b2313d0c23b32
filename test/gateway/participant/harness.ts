import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Participant, RoundReport } from '../../../gateway/participant';
import { type Notice, VirtualClock } from '../../../gateway/platform';
import { type Delivery, MemoryBroker, MemoryTransport } from '../../../gateway/transport';
import {
  type Gateway,
  gateway,
  ScriptedCoordinator,
  temporaryFolder,
  tinySamples,
  tinyTask,
  until,
} from './tools';

type GatewayOptions = Partial<Parameters<typeof gateway>[2]>;

/**
 * A broker, a coordinator that follows the test (and accepts every update until then), and gateways that share one
 * outbox, like the runs of one gateway.
 */
export class ParticipantHarness {
  readonly gateways: Gateway[] = [];
  /** All messages that the broker carried. */
  readonly packets: Delivery[] = [];

  private constructor(
    readonly clock: VirtualClock,
    readonly broker: MemoryBroker,
    readonly coordinator: ScriptedCoordinator,
    private readonly temporary: Awaited<ReturnType<typeof temporaryFolder>>,
  ) {}

  static async build(task = tinyTask()): Promise<ParticipantHarness> {
    const clock = new VirtualClock();
    const broker = new MemoryBroker();
    const coordinator = new ScriptedCoordinator(broker, clock, task);
    coordinator.verdict = () => ({ status: 'accepted' });
    const harness = new ParticipantHarness(clock, broker, coordinator, await temporaryFolder());
    const spy = new MemoryTransport(broker, { client: 'spy' });
    spy.open();
    await spy.subscribe('#', (delivery) => harness.packets.push(delivery));
    await coordinator.start();
    return harness;
  }

  /** Stops every gateway, and checks that none left a timer running. */
  async remove(): Promise<void> {
    for (const made of this.gateways) await made.leave();
    assert.equal(this.clock.nextDue, undefined, 'a timer was left running');
    await this.temporary.remove();
  }

  get folder(): string {
    return this.temporary.path;
  }

  /** A gateway that has not joined yet. */
  make(options: GatewayOptions = {}, id = 'gw'): Gateway {
    const outboxFolder = join(this.folder, 'outbox');
    const made = gateway(this, id, { outboxFolder, ...options });
    this.gateways.push(made);
    return made;
  }

  /** A gateway with a model and eight samples. */
  async ready(options: GatewayOptions = {}): Promise<Gateway> {
    const made = this.make(options);
    await made.join();
    for (const sample of tinySamples(8)) made.participant.add(sample);
    return made;
  }

  outboxFiles(): Promise<string[]> {
    return readdir(join(this.folder, 'outbox'));
  }

  /** Resolves when no update waits and none is on disk. */
  async outboxEmpties(participant: Participant): Promise<void> {
    await until(() => participant.status.outbox === 0, 'an empty outbox');
    let files = await this.outboxFiles();
    while (files.length > 0) files = await this.outboxFiles();
  }
}

/** Starts a round and resolves with its report. */
export async function trainOnce(participant: Participant): Promise<RoundReport> {
  const round = participant.next('round');
  assert.equal(participant.trainNow(), 'started');
  return round;
}

/** Collects every notice from this time on. */
export function notices(participant: Participant): Notice[] {
  const received: Notice[] = [];
  participant.on('notice', (notice) => received.push(notice));
  return received;
}

/** Collects every problem from this time on. */
export function problems(participant: Participant): Error[] {
  const received: Error[] = [];
  participant.on('problem', (error) => received.push(error));
  return received;
}
