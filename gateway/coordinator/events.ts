import type { Notice } from '../platform';
import type { CoordinatorStatus, VersionReport } from './reports';

/** The events of a coordinator, each with its payload. */
export type CoordinatorEvents = {
  status: CoordinatorStatus;
  version: VersionReport;
  /** News, and trouble that is to be said now: the same thing once, then with its number. */
  notice: Notice;
  /** A problem that a person can correct. The coordinator continues. */
  problem: Error;
};
