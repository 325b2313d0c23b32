import { judgedQuality, type VersionReport } from '../coordinator';

/** The report of a version, with its quality as one number. */
export type ReportedVersion = VersionReport & {
  /**
   * Balanced accuracy, 0 to 1: of the published average on the held-out windows of the coordinator, or without such windows
   * of recent versions as gateways measure them on theirs. Windows of one label alone do not count: they do not distinguish a good
   * model from one that always says the same. Undefined without others, and for tasks without labels.
   */
  readonly accuracy: number | undefined;
};

/** Adds the quality to a report. */
export function reportedVersion(report: VersionReport): ReportedVersion {
  return { ...report, accuracy: judgedQuality(report)?.balancedAccuracy };
}
