import type { Components } from './components';
import type { ModelFollower } from './model/model-follower';
import { refusalCode, refusalText } from './policy';
import type { ParticipantPhase, ParticipantStatus } from './reports/status';
import type { CurrentPlan } from './rounds/current-plan';

/** The condition of a participant, beside that of its parts. */
export interface ParticipantCondition {
  readonly stopped: boolean;
  readonly online: boolean;
  /** The version of the last granted round. */
  readonly grantedVersion: number;
  readonly rounds: number;
  readonly refusedWindows: number;
}

/** The status of a participant. */
export function statusOf(
  condition: ParticipantCondition,
  components: Components,
  follower: ModelFollower,
): ParticipantStatus {
  const { stopped, online, grantedVersion, rounds, refusedWindows } = condition;
  const { store, outbox, scheduler, plan, progress } = components;
  const problem = problemOf(components, follower);
  const privacy = components.privacy.status(follower.task);
  const phase = stopped ? 'stopped' : phaseOf(components, follower);
  return {
    phase,
    online,
    lineage: follower.lineage,
    version: follower.following ? follower.version : grantedVersion,
    samples: store.size,
    rounds,
    outbox: outbox.size,
    skippedRounds: scheduler.skipped,
    refusedWindows,
    memory: plan.selection?.memory,
    ...(privacy && { privacy }),
    unlabelledWindows: progress.unlabelled,
    waiting: progress.waiting({
      phase,
      online,
      task: follower.task,
      outbox: outbox.size,
      labels: store.labelsHeld,
      samples: store.size,
    }),
    trouble: components.troubles.first,
    minorTrouble: components.troubles.firstMinor,
    refusal: follower.refusal,
    problem: problem?.text,
    problemCode: problem?.code,
  };
}

function phaseOf(components: Components, follower: ModelFollower): ParticipantPhase {
  const { scheduler, plan, grants } = components;
  if (scheduler.running) return 'training';
  if (scheduler.paused) return 'paused';
  if (problemOf(components, follower)) return 'refused';
  if (!follower.task) return 'waiting-task';
  if (grants.waiting) return 'waiting-grant';
  if (!follower.trainable) return 'waiting-model';
  return plan.pending ? 'planning' : 'collecting';
}

/** The reason why nothing can be trained here: there is no plan for the task, or no task was taken. */
function problemOf({ plan }: Components, follower: ModelFollower): CurrentPlan['refusal'] {
  const { task, refusal } = follower;
  if (task || !refusal) return plan.refusal;
  return { text: refusalText(refusal), code: refusalCode(refusal) };
}
