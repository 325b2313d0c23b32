import type { Node } from 'node-red';
import type { Timer } from '../../../gateway/platform';
import type { Look } from './look';
import type { NodeReports } from './node-reports';
import { StandingWait } from './standing-wait';

const intervalMs = 1000;

/** Keeps a node's status line up to date: at each change, and every second, because a wait becomes longer by itself. */
export class StatusWatch {
  private timer: Timer | undefined;
  private closed = false;
  private readonly wait: StandingWait;

  /**
   * @param look undefined: the line stays as it is
   * @param federation name of the node's federation, if it has one
   */
  constructor(
    node: Node,
    private readonly reports: NodeReports,
    private readonly look: () => Look | undefined,
    federation?: string,
  ) {
    this.wait = new StandingWait(reports.clock, reports, federation);
    node.on('close', () => {
      this.wait.stop();
      this.closed = true;
      this.timer?.cancel();
    });
    this.tick();
  }

  /** Something has changed. */
  update(): void {
    const look = this.closed ? undefined : this.look();
    if (!look) return;
    this.reports.status.show(look);
    this.wait.take(look);
  }

  private tick(): void {
    this.update();
    this.timer = this.reports.clock.after(intervalMs, () => this.tick());
  }
}
