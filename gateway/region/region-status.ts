import type { Coordinator, CoordinatorStatus, RegionStatus } from '../coordinator';
import type { SendingPace } from './sending-pace';

/** Facts of a region besides those of its coordinator. */
export interface RegionFacts {
  /** Name of the federation above. */
  readonly federation: string;
  /** The federation above is connected. */
  readonly online: boolean;
  /** Updates that were counted above. */
  readonly counted: number;
  readonly pace: SendingPace;
}

/** A region as a gateway of the federation above. @param coordinator undefined: there is none yet */
export function regionStatus(
  { federation, online, counted, pace }: RegionFacts,
  coordinator: Coordinator | undefined,
): RegionStatus {
  const region = coordinator?.isReady ? coordinator.region : undefined;
  const version = region?.base.version ?? -1;
  return {
    ...{ federation, online, counted },
    version: version < 0 ? undefined : version,
    unsentVersions: region?.work.versions ?? 0,
    updateWaits: region?.waiting !== undefined,
    sendsAfter: pace.chosen(region?.versionsOfAll ?? 1),
  };
}

/** The status of a region that has no coordinator yet. */
export const statusBefore = (online: boolean, isStopped: boolean): CoordinatorStatus => ({
  phase: isStopped ? 'stopped' : 'starting',
  online,
  ...{ lineage: '', version: 0, buffered: 0, bufferSize: 0, gateways: [], heldOut: 0, missingWindows: 0 },
  ...{ accepted: 0, rejected: {}, waiting: undefined, problem: undefined, unsent: undefined },
});
