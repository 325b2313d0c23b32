import type { VersionReport } from '../coordinator';

/** The report of a version, with its quality as one number. */
export type ReportedVersion = VersionReport & {
  /**
   * Balanced accuracy, 0 to 1: of the published average on the held-out windows of the coordinator, or without such windows
   * of recent versions as gateways measure them on theirs. Undefined without both, and for tasks without labels.
   */
  readonly accuracy: number | undefined;
};

/** Adds the quality to a report. */
export function reportedVersion(report: VersionReport): ReportedVersion {
  const quality = report.average ?? report.current ?? report.federated;
  return { ...report, accuracy: quality?.balancedAccuracy };
}
