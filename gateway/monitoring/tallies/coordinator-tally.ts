import type { VersionReport } from '../../coordinator';
import { Histogram } from '../exposition';
import { NoticeTally } from './notice-tally';

/** Seconds from one version to the next: from a demonstration to a slow fleet. */
const durations = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** Sums over the versions of a coordinator. */
export class CoordinatorTally {
  readonly versions: Record<VersionReport['cause'], number> = {
    full: 0,
    'max-wait': 0,
    request: 0,
    'warm-start': 0,
    above: 0,
  };
  readonly durations = new Histogram(durations);
  readonly notices = new NoticeTally();
  updateBytes = 0;
  patchBytes = 0;
  newest: VersionReport | undefined;

  version(report: VersionReport): void {
    this.versions[report.cause]++;
    this.durations.add(report.durationMs / 1000);
    this.updateBytes += report.updateBytes;
    this.patchBytes += report.patchBytes;
    this.newest = report;
  }
}
