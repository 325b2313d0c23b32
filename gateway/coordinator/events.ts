import type { CoordinatorNotice, CoordinatorStatus, VersionReport } from './reports';

/** The events of a coordinator, each with its payload. */
export type CoordinatorEvents = {
  status: CoordinatorStatus;
  version: VersionReport;
  notice: CoordinatorNotice;
  /** Something that a person can mend; the coordinator carries on. */
  problem: Error;
};
