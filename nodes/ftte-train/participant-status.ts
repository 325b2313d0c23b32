import type { ParticipantPhase, ParticipantState } from '../../gateway/participant';
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

/** A dot while the broker is reached, a ring while updates wait for it. */
export function showParticipant(status: Status, state: ParticipantState): void {
  status.set(fills[state.phase], state.online ? 'dot' : 'ring', `ftte-train.status.${state.phase}`, {
    samples: state.samples,
    version: state.version,
  });
}
