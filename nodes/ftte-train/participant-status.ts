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

/** Phases in which there is nothing to do but hear of the coordinator. */
const hearing: readonly ParticipantPhase[] = ['waiting-task', 'waiting-model'];

/** A dot while the broker is reached, a ring while updates wait for it. */
export function showParticipant(status: Status, state: ParticipantStatus): void {
  // Without a broker nobody can be heard: that is what to mend first.
  if (!state.online && hearing.includes(state.phase)) {
    status.set('yellow', 'ring', 'ftte-train.status.connecting');
    return;
  }
  status.set(fills[state.phase], state.online ? 'dot' : 'ring', `ftte-train.status.${state.phase}`, {
    samples: state.samples,
    version: state.version,
  });
}
