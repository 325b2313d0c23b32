import type { RoundReport } from '../../participant';
import { Histogram } from '../exposition';
import { NoticeTally } from './notice-tally';

/** Seconds of a round: from a small model on a server to a large one on a small board. */
const durations = [0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300];

/** Sums over the rounds of a gateway. */
export class GatewayTally {
  readonly durations = new Histogram(durations);
  readonly notices = new NoticeTally();
  updateBytes = 0;
  newest: RoundReport | undefined;

  round(report: RoundReport): void {
    this.durations.add(report.durationMs / 1000);
    this.updateBytes += report.updateBytes;
    this.newest = report;
  }
}
