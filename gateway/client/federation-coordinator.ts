import { Coordinator, type CoordinatorEvents, type CoordinatorStatus } from '../coordinator';
import type { Trainer } from '../engine';
import { countedLog, describeValue, FtteError, logNotice, noticeCodeOf, yieldToEventLoop } from '../platform';
import { parseTask, type Task, type TaskInput } from '../task';
import type { HostedBroker } from '../transport';
import type { BrokerOption } from './broker';
import { Connection, type ConnectionOptions, type Environment, environmentOf } from './connection';
import { Lifetime } from './lifetime';
import { checkListener } from './options/check-listener';
import { checkCoordinatorSettings } from './options/check-settings';
import { trainerMaker } from './options/trainer-maker';
import { type ReportedVersion, reportedVersion } from './reported-version';
import { toSample, type WindowValues } from './window-values';

const events: readonly (keyof CoordinatorEvents)[] = ['status', 'version', 'notice', 'problem'];

/** Options of `createCoordinator`. All have a default except the federation, the broker and the task. */
export interface CoordinatorSettings extends Omit<ConnectionOptions, 'id'> {
  readonly broker: BrokerOption;
  /** The id of the coordinator. Default `coordinator`. */
  readonly id?: string;
  /** The task as a person writes it, or a task that `parseTask` returned. */
  readonly task: TaskInput | Task;
  /**
   * Folder for the journal, the checkpoints and the held-out windows (raw values). Without it they are lost when the
   * process ends.
   */
  readonly folder?: string;
  /** Parameters of version 0 in place of the seeded ones, flat. */
  readonly initial?: Float32Array;
  /** Makes the engine that evaluates versions on held-out windows. Default: an engine in a thread. */
  readonly createTrainer?: () => Trainer;
  /** Time in which the start looks for another coordinator, ms. Default 1 500. */
  readonly leaseWaitMs?: number;
  /** Memory for held-out windows, bytes. Default 32 MB. */
  readonly heldOutBytes?: number;
  /** Most gateways that are remembered. Default 10 000. */
  readonly maxGateways?: number;
}

/**
 * Creates the coordinator of a federation and starts it. The coordinator owns the task and the global model. Resolves
 * when it coordinates, or after a short wait if the broker is away; it then begins when the broker can be reached.
 * @throws FtteError `config-invalid` or `task-invalid` naming the option; `second-coordinator`; `storage`
 */
export async function createCoordinator(options: CoordinatorSettings): Promise<FederationCoordinator> {
  const given = checkCoordinatorSettings(options);
  const environment = environmentOf(given);
  const log = countedLog(environment.log, environment.clock);
  const settings = { ...given, ...environment, log };
  const task = parseTask(settings.task);
  const connection = await Connection.create({ ...settings, id: settings.id ?? 'coordinator' });
  let coordinator: FederationCoordinator | undefined;
  try {
    coordinator = new FederationCoordinator(settings, task, connection);
    coordinator.on('notice', (notice) => logNotice(environment.log, notice));
    coordinator.on('problem', (problem) => log.error(problem.message, noticeCodeOf(problem)));
    await coordinator.start();
    return coordinator;
  } catch (error) {
    await (coordinator ?? connection).close();
    throw error;
  }
}

/** The coordinator of a federation. It gathers updates, makes versions and publishes them. */
export class FederationCoordinator {
  private readonly role: Coordinator;
  private readonly lifetime = new Lifetime(async () => {
    await this.role.stop();
    await this.connection.close();
  });

  /** Called by `createCoordinator`. */
  constructor(
    settings: CoordinatorSettings & Environment,
    readonly task: Task,
    private readonly connection: Connection,
  ) {
    const { folder, initial, leaseWaitMs, heldOutBytes, maxGateways } = settings;
    const { clock, random, log } = settings;
    this.role = new Coordinator({
      session: connection.session,
      task,
      folder,
      createTrainer: trainerMaker(settings.createTrainer),
      onConnection: (listener) => connection.onState(listener),
      clock,
      random,
      log,
      yieldToEventLoop,
      ...(initial && { initial }),
      ...(leaseWaitMs !== undefined && { claimWaitMs: leaseWaitMs }),
      ...(heldOutBytes !== undefined && { heldOutBytes }),
      ...(maxGateways !== undefined && { maxGateways }),
    });
  }

  /** Connects and starts. Called by `createCoordinator`. */
  async start(): Promise<void> {
    this.lifetime.begin();
    this.connection.open();
    await this.role.start();
  }

  /** Phase, version, gateways, buffer and rejections. */
  get status(): CoordinatorStatus {
    return this.role.status;
  }

  /** The URL of the broker if this process hosts it, for gateways on this machine. */
  get brokerUrl(): string | undefined {
    return this.connection.brokerUrl;
  }

  /** The broker if this process hosts it: to add and remove users, and for what it has refused. */
  get hostedBroker(): HostedBroker | undefined {
    return this.connection.hostedBroker;
  }

  /**
   * Stores a held-out window. Versions are evaluated on it, and it is not trained on, except in the warm start of a
   * task.
   * @throws FtteError `window-shape`, `window-not-finite`, `label-unknown`, `not-labelled`, `cancelled`
   */
  add(window: WindowValues, label?: string | number): void {
    this.lifetime.requireOpen();
    this.role.addHeldOut(toSample(window, label, this.task));
  }

  /** New versions, until the coordinator is closed. */
  versions(): AsyncIterableIterator<ReportedVersion> {
    return this.lifetime.stream((listener) =>
      this.role.on('version', (report) => listener(reportedVersion(report))),
    );
  }

  /** Adds a listener of an event: status, version, notice, problem. The returned function removes it. */
  on<Name extends keyof CoordinatorEvents & string>(
    name: Name,
    listener: (payload: CoordinatorEvents[Name]) => void,
  ): () => void {
    checkListener(name, listener, events);
    return this.role.on(name, listener);
  }

  /** Drops all held-out windows, and erases their file. @throws FtteError `storage` if the file cannot be erased */
  forgetHeldOut(): Promise<void> {
    return this.role.forgetHeldOut();
  }

  /** Applies the updates in the buffer now. */
  applyNow(): Promise<void> {
    return this.role.applyNow();
  }

  /** Makes no more versions until `resume`. Updates wait. */
  pause(): void {
    this.role.pause();
  }

  /** Makes versions again. */
  resume(): void {
    this.role.resume();
  }

  /** Writes a checkpoint now. */
  checkpoint(): Promise<void> {
    return this.role.checkpoint();
  }

  /** Returns to the best version, or to a given one that is stored. @throws FtteError `not-ready` */
  rollback(version?: number): Promise<void> {
    return this.role.rollback(version);
  }

  /** The model: flat parameters, of the running average or of the newest version. @throws FtteError `config-invalid` */
  export(which: 'average' | 'current' = 'average') {
    if (which !== 'average' && which !== 'current') {
      const text = `which: expected average or current, got ${describeValue(which)}`;
      throw new FtteError('config-invalid', text, { field: 'which' });
    }
    return this.role.export(which);
  }

  /** Writes the last checkpoint and disconnects. It can be called at any time and more than once. */
  close(): Promise<void> {
    return this.lifetime.close();
  }
}
