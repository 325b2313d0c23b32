import type { Node } from 'node-red';
import type { Participant } from '../../gateway/participant';
import type { Clock } from '../../gateway/platform';
import type { Task } from '../../gateway/task';
import {
  type FederationHandle,
  type Look,
  monitors,
  type ParticipantAction,
  ParticipantMonitor,
  ParticipantRecord,
  Records,
} from '../runtime';

/** The record of each participant of this Node-RED. */
export const records = new Records(() => new ParticipantRecord());

/** Options of the monitor of a participant. */
export interface ParticipantWatch {
  readonly node: Node;
  readonly handle: FederationHandle;
  readonly participant: Participant;
  readonly budgetBytes: number;
  readonly clock: Clock;
  task(): Task | undefined;
  look(): Look | undefined;
  act(action: ParticipantAction): Promise<void>;
}

/** Shows a participant in the sidebar. @returns ends that */
export function watchParticipant(watch: ParticipantWatch): () => void {
  const { node, handle, participant, clock } = watch;
  const monitor = new ParticipantMonitor(
    {
      head: {
        id: node.id,
        kind: 'participant',
        name: node.name ?? '',
        federation: handle.federation,
        gateway: handle.gatewayId,
      },
      budgetBytes: watch.budgetBytes,
      task: watch.task,
      status: () => participant.status,
      look: watch.look,
      labels: () => participant.store.counts,
      now: () => clock.now(),
      act: watch.act,
    },
    records.of(node.id),
  );
  const offs = [
    participant.on('round', (report) => monitor.round(report)),
    participant.on('notice', (notice) => monitor.notice(notice)),
    participant.on('problem', (error) => monitor.problem(error)),
    monitors.add(monitor),
  ];
  return () => {
    for (const off of offs) off();
  };
}
