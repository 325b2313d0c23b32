import type { CoordinatorMonitor } from './coordinator-monitor';
import type { ParticipantMonitor } from './participant-monitor';

/** The roles that work in this Node-RED, for the sidebar. */
export class Monitors {
  private readonly running = new Map<string, CoordinatorMonitor | ParticipantMonitor>();

  /** @returns removes it, unless another of the same node has replaced it */
  add(monitor: CoordinatorMonitor | ParticipantMonitor): () => void {
    const { id } = monitor.head;
    this.running.set(id, monitor);
    return () => {
      if (this.running.get(id) === monitor) this.running.delete(id);
    };
  }

  /** The monitor of a node. */
  get(id: string): CoordinatorMonitor | ParticipantMonitor | undefined {
    return this.running.get(id);
  }

  /** Coordinators first. */
  get all(): readonly (CoordinatorMonitor | ParticipantMonitor)[] {
    return [...this.running.values()].sort((a, b) => order(a) - order(b));
  }
}

const order = ({ head }: CoordinatorMonitor | ParticipantMonitor) => (head.kind === 'coordinator' ? 0 : 1);

export const monitors = new Monitors();
