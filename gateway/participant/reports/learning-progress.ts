import { type Clock, type Waiting, WaitingRecord } from '../../platform';
import type { Task } from '../../task';
import type { ParticipantNeed, ParticipantPhase } from './status';

/** Time without a sample or a round, or without an answer of the coordinator, after which it is missed. */
const patienceMs = 30_000;
/** For slow streams: number of windows that may be missing in a row. */
const windowsMissed = 3;

/** The condition of a participant that decides whether it learns. */
export interface LearningCondition {
  readonly phase: ParticipantPhase;
  readonly online: boolean;
  readonly task: Task | undefined;
  /** Updates without an acknowledgement. */
  readonly outbox: number;
}

/** Notes the progress of a participant, and finds what it waits for if there is none. */
export class LearningProgress {
  private learnedMs: number;
  private answeredMs: number;
  private unlabelledWindows = 0;
  private unlabelledSinceSample = false;
  private readonly record: WaitingRecord<ParticipantNeed>;

  constructor(private readonly clock: Clock) {
    this.learnedMs = this.answeredMs = clock.now();
    this.record = new WaitingRecord(clock);
  }

  /** Windows without a label since the start. */
  get unlabelled(): number {
    return this.unlabelledWindows;
  }

  /** A sample was stored, or a round has ended. */
  learned(): void {
    this.learnedMs = this.clock.now();
    this.unlabelledSinceSample = false;
  }

  /** A window came without a label. */
  cameUnlabelled(): void {
    this.unlabelledWindows++;
    this.unlabelledSinceSample = true;
  }

  /** The coordinator answered, or could not have answered before. */
  answered(): void {
    this.answeredMs = this.clock.now();
  }

  /** The cause of a wait; undefined while it learns, and in phases that name the cause. */
  waiting(condition: LearningCondition): Waiting<ParticipantNeed> | undefined {
    const [need, sinceMs] = this.need(condition);
    return this.record.update(need, sinceMs);
  }

  private need({ phase, online, task, outbox }: LearningCondition): [ParticipantNeed?, number?] {
    if (phase === 'paused' || phase === 'refused' || phase === 'stopped') return [];
    if (!online) return ['broker'];
    if (phase === 'waiting-task') return ['task'];
    if (phase === 'waiting-model') return ['model'];
    if (phase === 'waiting-grant') return ['grant'];
    const now = this.clock.now();
    if (outbox > 0 && now - this.answeredMs >= patienceMs) return ['coordinator', this.answeredMs];
    if (phase === 'training' || now - this.learnedMs < sampleLimitMs(task)) return [];
    return [this.unlabelledSinceSample ? 'labels' : 'samples', this.learnedMs];
  }
}

function sampleLimitMs(task: Task | undefined): number {
  if (!task) return patienceMs;
  const { hop, length, rateHz } = task.input;
  return Math.max(patienceMs, (windowsMissed * Math.max(hop, length) * 1000) / rateHz);
}
