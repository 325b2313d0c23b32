import type { CoordinatorNeed, CoordinatorStatus } from '../coordinator';
import { type ParticipantNeed, type ParticipantStatus, refusalCode } from '../participant';
import type { Waiting } from '../platform';

/** Whether a role learns, or has a good reason not to. */
export interface Health {
  /** Somebody has to do something, here or at the other end: it does not learn otherwise. */
  readonly isFaulty: boolean;
  /** `learning`, a phase, what it waits for, or the code of a notice. */
  readonly reason: string;
  /** For a person, if there is more to say. */
  readonly text?: string;
}

/** Time for which something is missing before that is a fault: a broker that restarts is none. */
const patienceMs = 30_000;

/** Things that a coordinator waits for, and whether it is a fault that they do not come. */
export const coordinatorNeeds = {
  broker: true,
  lease: true,
  windows: false,
  gateways: false,
  updates: false,
  'usable-updates': true,
  contributions: false,
} as const satisfies Readonly<Record<CoordinatorNeed, boolean>>;

/** Things that a gateway waits for, and whether it is a fault that they do not come. */
export const gatewayNeeds = {
  broker: true,
  task: false,
  model: false,
  grant: false,
  coordinator: true,
  aggregation: false,
  samples: false,
  labels: false,
  'other-labels': false,
} as const satisfies Readonly<Record<ParticipantNeed, boolean>>;

const fault = (reason: string, text?: string): Health => ({
  isFaulty: true,
  reason,
  ...(text !== undefined && { text }),
});
const fine = (reason: string): Health => ({ isFaulty: false, reason });

/** The health of a coordinator. */
export function coordinatorHealth(status: CoordinatorStatus, nowMs: number): Health {
  const { phase, online, unsent, waiting, problem, privacy } = status;
  if (phase === 'refused' || phase === 'stopped') return fault(phase, problem);
  if (unsent && online) return fault(unsent);
  if (privacy?.problem !== undefined) return fault('privacy-ledger', privacy.problem);
  if (waiting) return waitHealth(waiting, coordinatorNeeds, nowMs);
  return fine(phase === 'collecting' || phase === 'applying' ? 'learning' : phase);
}

/** The health of a gateway. */
export function gatewayHealth(status: ParticipantStatus, nowMs: number): Health {
  const { phase, online, refusal, trouble, waiting, problem, problemCode } = status;
  // A person is asked for an answer, by the policy of this gateway's owner.
  if (refusal?.kind === 'waiting') return fine(refusalCode(refusal));
  if (refusal) return fault(refusalCode(refusal), refusal.text);
  if (phase === 'refused' || phase === 'stopped') return fault(problemCode ?? phase, problem);
  if (phase === 'paused') return fine(phase);
  if (trouble && online) return fault(trouble);
  if (waiting) return waitHealth(waiting, gatewayNeeds, nowMs);
  return fine(phase === 'collecting' || phase === 'training' ? 'learning' : phase);
}

function waitHealth<Need extends string>(
  { for: need, sinceMs }: Waiting<Need>,
  faults: Readonly<Record<Need, boolean>>,
  nowMs: number,
): Health {
  return { isFaulty: faults[need] && nowMs - sinceMs >= patienceMs, reason: `waiting-${need}` };
}
