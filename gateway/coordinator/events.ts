import type { CoordinatorNotice, CoordinatorStatus, VersionReport } from './reports';

/** The events of a coordinator, each with its payload. */
export type CoordinatorEvents = {
  status: CoordinatorStatus;
  version: VersionReport;
  notice: CoordinatorNotice;
  /** A problem that a person can correct. The coordinator continues. */
  problem: Error;
};
