import type { ParticipantPhase, ParticipantStatus } from '../../gateway/participant';
import type { Status } from '../runtime';

const fills = {
  'waiting-task': 'grey',
  'waiting-model': 'grey',
  'waiting-grant': 'green',
  planning: 'grey',
  collecting: 'green',
  training: 'blue',
  paused: 'yellow',
  refused: 'red',
  stopped: 'grey',
} as const satisfies Record<ParticipantPhase, string>;

/** Phases in which the participant waits for a message of the coordinator. */
const waiting: readonly ParticipantPhase[] = ['waiting-task', 'waiting-model'];

/** Shows the participant: a dot while the broker is reached, a ring while updates wait for it. */
export function showParticipant(status: Status, latest: ParticipantStatus): void {
  // Without a broker no message can arrive, so the connection comes first.
  if (!latest.online && waiting.includes(latest.phase)) {
    status.set('yellow', 'ring', 'ftte-train.status.connecting');
    return;
  }
  status.set(fills[latest.phase], latest.online ? 'dot' : 'ring', `ftte-train.status.${latest.phase}`, {
    samples: latest.samples,
    version: latest.version,
  });
}
