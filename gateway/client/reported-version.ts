import type { VersionReport } from '../coordinator';

/** The report of a version, with its quality as one number. */
export type ReportedVersion = VersionReport & {
  /**
   * Balanced accuracy of the published average on the held-out windows, 0 to 1; undefined without such windows, and for
   * tasks without labels.
   */
  readonly accuracy: number | undefined;
};

/** Adds the quality to a report. */
export function reportedVersion(report: VersionReport): ReportedVersion {
  const quality = report.average ?? report.current;
  return { ...report, accuracy: quality?.balancedAccuracy };
}
