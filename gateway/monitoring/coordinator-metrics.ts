import type { CoordinatorPhase, CoordinatorStatus, Quality } from '../coordinator';
import { weightedLoss } from '../coordinator';
import type { Labels, MetricSet } from './exposition';
import { coordinatorNeeds } from './health';
import type { ReadingOptions } from './role-reading';
import type { CoordinatorTally } from './tallies';

/** A coordinator at one moment. */
export interface CoordinatorReading {
  readonly kind: 'coordinator';
  readonly federation: string;
  readonly status: CoordinatorStatus;
  readonly tally: CoordinatorTally;
  readonly isFaulty: boolean;
}

/** Most gateways with values of their own. */
const mostGateways = 500;

const phases = Object.keys({
  starting: 0,
  standby: 0,
  warming: 0,
  collecting: 0,
  applying: 0,
  paused: 0,
  refused: 0,
  stopped: 0,
} satisfies Record<CoordinatorPhase, 0>);

/** Adds the values of a coordinator. The work is bounded by the number of gateways. */
export function addCoordinator(set: MetricSet, reading: CoordinatorReading, options: ReadingOptions): void {
  const { federation, status, tally, isFaulty } = reading;
  const { nowMs, byGateway = false } = options;
  const of: Labels = { federation };
  const { phase, online, waiting, granted, rejected } = status;
  set.add('ftte_coordinator_faulty', of, Number(isFaulty));
  set.addState('ftte_coordinator_phase', of, 'phase', phases, phase);
  set.addState('ftte_coordinator_waiting', of, 'reason', Object.keys(coordinatorNeeds), waiting?.for);
  set.add('ftte_coordinator_waiting_seconds', of, waiting ? (nowMs - waiting.sinceMs) / 1000 : 0);
  set.add('ftte_coordinator_broker_connected', of, Number(online));
  set.add('ftte_coordinator_model_version', of, status.version);
  for (const [cause, count] of Object.entries(tally.versions))
    set.add('ftte_coordinator_versions_total', { ...of, cause }, count);
  set.addHistogram('ftte_coordinator_version_duration_seconds', of, tally.durations);
  set.add('ftte_coordinator_contributions_total', { ...of, outcome: 'accepted' }, status.accepted);
  for (const [outcome, count] of Object.entries(rejected))
    set.add('ftte_coordinator_contributions_total', { ...of, outcome }, count);
  set.add('ftte_coordinator_buffer_contributions', of, status.buffered);
  set.add('ftte_coordinator_buffer_capacity_contributions', of, status.bufferSize);
  set.add('ftte_coordinator_held_out_windows', of, status.heldOut);
  set.add('ftte_coordinator_missing_windows', of, status.missingWindows);
  set.add('ftte_coordinator_granted_rounds', of, granted?.running);
  set.add('ftte_coordinator_waiting_gateways', of, granted?.waiting);
  set.add('ftte_coordinator_update_bytes_total', of, tally.updateBytes);
  set.add('ftte_coordinator_patch_bytes_total', of, tally.patchBytes);
  for (const { code, level, count } of tally.notices.all)
    set.add('ftte_coordinator_notices_total', { ...of, code, level }, count);
  addQuality(set, of, reading);
  addFleet(set, of, status, byGateway);
}

/** The quality of the newest version, unless its lineage has ended. */
function addQuality(set: MetricSet, of: Labels, { status, tally: { newest } }: CoordinatorReading): void {
  if (!newest || newest.lineage !== status.lineage) return;
  const { average, current, federated, best, contributions } = newest;
  const sources: Readonly<Record<string, Partial<Quality> | undefined>> = {
    average,
    current,
    gateways: federated,
  };
  for (const [source, quality] of Object.entries(sources)) {
    const labels = { ...of, source };
    set.add('ftte_coordinator_balanced_accuracy_ratio', labels, quality?.balancedAccuracy);
    set.add('ftte_coordinator_loss', labels, quality?.loss);
    set.add('ftte_coordinator_mean_absolute_error', labels, quality?.meanAbsoluteError);
  }
  set.add('ftte_coordinator_chance_accuracy_ratio', of, (average ?? current ?? federated)?.chance);
  set.add('ftte_coordinator_best_version', of, best?.version);
  const loss = (moment: string, value: number | undefined) =>
    set.add('ftte_coordinator_round_loss', { ...of, moment }, value);
  loss('before', weightedLoss(contributions, 'lossBefore'));
  loss('after', weightedLoss(contributions, 'lossAfter'));
}

function addFleet(
  set: MetricSet,
  of: Labels,
  { gateways }: Pick<CoordinatorStatus, 'gateways'>,
  byGateway: boolean,
): void {
  let online = 0;
  let quarantined = 0;
  for (const gateway of gateways) {
    if (gateway.online) online++;
    if (gateway.quarantine) quarantined++;
  }
  set.add('ftte_coordinator_gateways_online', of, online);
  set.add('ftte_coordinator_gateways_known', of, gateways.length);
  set.add('ftte_coordinator_gateways_quarantined', of, quarantined);
  if (!byGateway) return;
  for (const { id, online, contributions, lastHeardMs } of gateways.slice(0, mostGateways)) {
    const labels = { ...of, gateway: id };
    set.add('ftte_coordinator_gateway_online', labels, Number(online));
    set.add('ftte_coordinator_gateway_contributions_total', labels, contributions);
    set.add('ftte_coordinator_gateway_last_heard_timestamp_seconds', labels, lastHeardMs / 1000);
  }
}
