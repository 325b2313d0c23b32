import { type Clock, type FtteError, LatestFile, type Log, messageOf, type Random } from '../../platform';
import type { Task } from '../../task';
import { beyondAgreement } from './agreement';
import { agreementText, readAgreement } from './agreement-file';
import type { GatewayPolicy } from './gateway-policy';
import { policyBreach } from './policy-breach';

/** Options of `TaskGate`. */
export interface TaskGateOptions {
  readonly policy: GatewayPolicy;
  readonly federation: string;
  /** The file that keeps the agreement across a restart. Absent: the next start knows of none. */
  readonly file?: string | undefined;
  readonly clock: Clock;
  /** Jitter between attempts to write. */
  readonly random: Random;
  readonly log: Log;
}

/** A task that is not taken. */
export interface TaskRefusal {
  /**
   * `refused`: the policy does not allow it. `waiting`: a person may accept it. `not-understood`: this package cannot
   * read it, or a part of it.
   */
  readonly kind: 'refused' | 'waiting' | 'not-understood';
  /** A sentence: the setting, what came, and what is allowed or was agreed. */
  readonly text: string;
}

/** The code of a refusal. */
export const refusalCode = ({ kind }: TaskRefusal) => codes[kind];

const codes = {
  refused: 'task-refused',
  waiting: 'task-waiting',
  'not-understood': 'version-differs',
} as const;

/** A refusal for a person, with what to do about it. */
export const refusalText = ({ kind, text }: TaskRefusal): string => `${starts[kind]}: ${text}`;

const starts = {
  refused: 'the task is refused',
  waiting: 'the task waits until a person accepts it',
  'not-understood': 'the task is not understood',
} as const;

/**
 * Decides which tasks a gateway takes by itself. The task that it has agreed to is kept in a file, so that neither a
 * restart nor an attacker who sends another task first changes what the gateway has agreed to.
 */
export class TaskGate {
  private agreed: Task | undefined;
  /** A damaged file may have held an agreement, so that no task is the first. */
  private isUnknown = false;
  private file: LatestFile | undefined;

  constructor(private readonly options: TaskGateOptions) {}

  /** Reads the agreement. A file that cannot be read is reported. */
  async open(): Promise<void> {
    const { file: path, federation, log, clock, random } = this.options;
    if (path === undefined || this.file) return;
    const onStorage = (problem: FtteError | undefined) => {
      if (problem) log.error(`the agreed task is not on disk: ${problem.message}`, 'storage');
    };
    this.file = new LatestFile({ path, clock, random, onStorage });
    try {
      const { task, damage } = await readAgreement(path, federation);
      this.agreed ??= task;
      this.isUnknown = damage !== undefined;
      if (damage !== undefined) log.error(`${damage}; the next task waits for a person`, 'storage');
    } catch (error) {
      log.error(`the agreed task cannot be read: ${messageOf(error)}`, 'storage');
    }
  }

  /** Resolves when nothing is being written. */
  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.stop();
  }

  /** The reason why a task is not taken; undefined: it is taken, and is the agreement if there is none yet. */
  judge(task: Task): TaskRefusal | undefined {
    const { policy } = this.options;
    const breach = policyBreach(task, policy);
    if (breach) return { kind: 'refused', text: breach.text };
    if (policy.newTask === 'any') {
      this.accept(task);
      return undefined;
    }
    const { agreed } = this;
    if (!agreed) {
      if (policy.newTask === 'first' && !this.isUnknown) {
        this.accept(task);
        return undefined;
      }
      return { kind: 'waiting', text: `the task "${task.name}" is the first one, and a person accepts it` };
    }
    const beyond = beyondAgreement(task, agreed);
    return beyond === undefined ? undefined : { kind: 'waiting', text: beyond };
  }

  /** Makes a task the one that this gateway agrees to. */
  accept(task: Task): void {
    const text = agreementText(this.options.federation, task);
    if (this.agreed && text === agreementText(this.options.federation, this.agreed)) return;
    this.agreed = task;
    this.isUnknown = false;
    void this.file?.save(() => text);
  }
}
