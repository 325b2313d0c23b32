import type { ImportanceScores } from '../model';
import { type Notice, TypedEmitter } from '../platform';
import type { Sample } from '../stream';
import type { Task } from '../task';
import type { Coordinator } from './coordinator';
import type { CoordinatorEvents } from './events';
import type { CoordinatorStatus } from './reports';

/** The public side of a coordinator, whether it is the only one or one of several. */
export type CoordinatorRole = Pick<
  Coordinator,
  Exclude<keyof Coordinator, 'region' | 'isReady' | 'isPaused'>
>;

/** A coordinator whose work is done by a `Coordinator` inside it, which another one replaces now and then. */
export abstract class DelegatingCoordinator
  extends TypedEmitter<CoordinatorEvents>
  implements CoordinatorRole
{
  private offs: (() => void)[] = [];

  /** The coordinator at work. @throws FtteError `not-ready` if there is none yet */
  protected abstract readonly role: Coordinator;

  abstract readonly status: CoordinatorStatus;
  abstract start(): Promise<void>;
  abstract stop(): Promise<void>;

  /** As `Coordinator.task`. */
  get task(): Task {
    return this.role.task;
  }

  /** As `Coordinator.importance`. */
  get importance(): ImportanceScores | undefined {
    return this.role.importance;
  }

  /** As `Coordinator.addHeldOut`. */
  addHeldOut(sample: Sample): void {
    this.role.addHeldOut(sample);
  }

  /** As `Coordinator.forgetHeldOut`. */
  async forgetHeldOut(): Promise<void> {
    await this.role.forgetHeldOut();
  }

  /** As `Coordinator.receive`. */
  receive(bytes: Uint8Array): void {
    this.role.receive(bytes);
  }

  /** As `Coordinator.applyNow`. */
  async applyNow(): Promise<void> {
    await this.role.applyNow();
  }

  /** As `Coordinator.exclude`. */
  exclude(gateway: string): number {
    return this.role.exclude(gateway);
  }

  /** As `Coordinator.say`. */
  say(notice: Omit<Notice, 'count'>): void {
    this.role.say(notice);
  }

  /** As `Coordinator.release`. */
  async release(gateway: string): Promise<void> {
    await this.role.release(gateway);
  }

  pause(): void {
    this.role.pause();
  }

  resume(): void {
    this.role.resume();
  }

  /** As `Coordinator.checkpoint`. */
  async checkpoint(): Promise<void> {
    await this.role.checkpoint();
  }

  /** As `Coordinator.reset`. */
  reset(): void {
    this.role.reset();
  }

  /** As `Coordinator.rollback`. */
  async rollback(version?: number): Promise<void> {
    await this.role.rollback(version);
  }

  /** As `Coordinator.export`. */
  export(which: 'average' | 'current' = 'average') {
    return this.role.export(which);
  }

  /**
   * Emits the events of a coordinator as its own, and those of the one before it no more.
   * @param own `onProblem` takes its problems instead; `onChange` is called after its status and its versions
   */
  protected listenTo(
    role: Coordinator,
    {
      onProblem = (problem) => this.emit('problem', problem),
      onChange = () => undefined,
    }: { readonly onProblem?: (problem: Error) => void; readonly onChange?: () => void },
  ): void {
    this.listenToNone();
    role.onListenerError = (error, event) => this.onListenerError(error, event);
    this.offs = [
      role.on('status', () => {
        this.emitStatus();
        onChange();
      }),
      role.on('version', (report) => {
        this.emit('version', report);
        onChange();
      }),
      role.on('notice', (notice) => this.emit('notice', notice)),
      role.on('problem', onProblem),
    ];
  }

  /** Emits no more events of a coordinator. */
  protected listenToNone(): void {
    for (const off of this.offs.splice(0)) off();
  }

  protected emitStatus(): void {
    if (this.hasListener('status')) this.emit('status', this.status);
  }
}
