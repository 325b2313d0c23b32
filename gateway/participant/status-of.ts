import type { Components } from './components';
import type { ModelFollower } from './model/model-follower';
import type { ParticipantPhase, ParticipantStatus } from './reports/status';

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
    unlabelledWindows: progress.unlabelled,
    waiting: progress.waiting({ phase, online, task: follower.task, outbox: outbox.size }),
    trouble: components.troubles.first,
    problem: plan.refusal?.text,
    problemCode: plan.refusal?.code,
  };
}

function phaseOf({ scheduler, plan, grants }: Components, follower: ModelFollower): ParticipantPhase {
  if (scheduler.running) return 'training';
  if (scheduler.paused) return 'paused';
  if (plan.refusal !== undefined) return 'refused';
  if (!follower.task) return 'waiting-task';
  if (grants.waiting) return 'waiting-grant';
  if (!follower.trainable) return 'waiting-model';
  return plan.pending ? 'planning' : 'collecting';
}
