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
  /** Stored samples, and the number of labels that they have. */
  readonly samples: number;
  readonly labels: number;
}

/** Notes the progress of a participant, and finds what it waits for if there is none. */
export class LearningProgress {
  private learnedMs: number;
  private answeredMs: number;
  private unlabelledWindows = 0;
  private unlabelledSinceSample = false;
  private isCoordinatorPaused = false;
  private oneLabelMs: number | undefined;
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

  /** @param isPaused whether the coordinator makes no versions, because a person has paused it */
  coordinatorIs(isPaused: boolean): void {
    this.isCoordinatorPaused = isPaused;
  }

  /** The cause of a wait; undefined while it learns, and in phases that name the cause. */
  waiting(condition: LearningCondition): Waiting<ParticipantNeed> | undefined {
    const [need, sinceMs] = this.need(condition);
    return this.record.update(need, sinceMs);
  }

  private need(condition: LearningCondition): [ParticipantNeed?, number?] {
    const { phase, online, task, outbox } = condition;
    const oneLabelMs = this.oneLabelSince(condition);
    if (phase === 'paused' || phase === 'refused' || phase === 'stopped') return [];
    if (!online) return ['broker'];
    if (phase === 'waiting-task') return ['task'];
    if (phase === 'waiting-model') return ['model'];
    const now = this.clock.now();
    if (phase !== 'waiting-grant' && outbox > 0 && now - this.answeredMs >= patienceMs)
      return ['coordinator', this.answeredMs];
    if (this.isCoordinatorPaused) return ['aggregation'];
    if (phase === 'waiting-grant') return ['grant'];
    if (phase === 'training') return [];
    if (now - this.learnedMs >= sampleLimitMs(task))
      return [this.unlabelledSinceSample ? 'labels' : 'samples', this.learnedMs];
    return now - oneLabelMs >= patienceMs ? ['other-labels', oneLabelMs] : [];
  }

  /** Since when a round would have had samples of one label only. */
  private oneLabelSince(condition: LearningCondition): number {
    this.oneLabelMs = hasOneLabel(condition) ? (this.oneLabelMs ?? this.clock.now()) : undefined;
    return this.oneLabelMs ?? Number.POSITIVE_INFINITY;
  }
}

/** Whether a model that distinguishes labels would be trained on one of them alone. */
function hasOneLabel({ task, samples, labels }: LearningCondition): boolean {
  return task?.kind === 'classification' && labels === 1 && samples >= task.training.minSamples;
}

function sampleLimitMs(task: Task | undefined): number {
  if (!task) return patienceMs;
  const { hop, length, rateHz } = task.input;
  return Math.max(patienceMs, (windowsMissed * Math.max(hop, length) * 1000) / rateHz);
}
