import type { ParticipantPhase, ParticipantStatus } from '../../gateway/participant';
import type { NoticeCode } from '../../gateway/platform';
import {
  type ConnectionFault,
  faultLook,
  isJoinRefusal,
  type Look,
  refusalLook,
  waitingLook,
} from '../runtime';

const fills = {
  'waiting-task': 'yellow',
  'waiting-model': 'yellow',
  'waiting-grant': 'yellow',
  planning: 'grey',
  collecting: 'green',
  training: 'blue',
  paused: 'yellow',
  refused: 'red',
  stopped: 'grey',
} as const satisfies Record<ParticipantPhase, string>;

/** A fault with which the gateway learns nevertheless: shown in place of the numbers, not of what is missing. */
const minorLook = (code: NoticeCode): Look => ({ fill: 'yellow', shape: 'dot', key: code });

/** Troubles that others or the next round may end; all others are for the owner of this gateway to end. */
const passing: readonly NoticeCode[] = [
  'not-answered',
  'coordinator-storage',
  'update-rejected',
  'engine-crashed',
  'unexpected',
];

/** In yellow or red, what fails although work goes on. */
function troubleLook(code: NoticeCode): Look {
  return passing.includes(code) ? { fill: 'yellow', shape: 'ring', key: code } : faultLook(code);
}

/**
 * The status line of a participant: samples, version and waiting updates while it learns, in yellow what it waits for and
 * for how long, in red what has to be done.
 * @param fault of the connection, if it will not pass by itself
 */
export function participantLook(
  latest: ParticipantStatus,
  fault: ConnectionFault | undefined,
  nowMs: number,
): Look {
  const { phase, online, samples, version, outbox, waiting, trouble, minorTrouble, problemCode, refusal } =
    latest;
  if (isJoinRefusal(fault) && phase !== 'stopped') return faultLook(fault);
  if (refusal && (!['refused', 'stopped'].includes(phase) || refusal.kind === 'waiting'))
    return refusalLook(refusal);
  if (phase === 'refused') return faultLook(problemCode ?? 'unexpected');
  if (fault && !online) return faultLook(fault);
  // The reason says more than the wait that follows from it.
  if (trouble && online && phase !== 'paused' && phase !== 'stopped') return troubleLook(trouble);
  if (waiting) return waitingLook(waiting, nowMs);
  if (minorTrouble && phase === 'collecting') return minorLook(minorTrouble);
  const words = { samples, version, updates: outbox };
  // Before the first sample nothing is learned, though nothing is wrong yet.
  if (phase === 'collecting' && samples === 0) return { fill: 'yellow', shape: 'ring', key: phase, words };
  const key = phase === 'collecting' && outbox > 0 ? 'collecting-updates' : phase;
  return { fill: fills[phase], shape: online ? 'dot' : 'ring', key, words };
}
