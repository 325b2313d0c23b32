import type { ParticipantPhase, ParticipantStatus } from '../participant';
import type { Labels, MetricSet } from './exposition';
import { gatewayNeeds } from './health';
import type { ReadingOptions } from './role-reading';
import type { GatewayTally } from './tallies';

/** A gateway at one moment. */
export interface GatewayReading {
  readonly kind: 'gateway';
  readonly federation: string;
  /** Its id; it is a label only if that was asked for. */
  readonly gateway: string;
  readonly status: ParticipantStatus;
  readonly tally: GatewayTally;
  readonly isFaulty: boolean;
  readonly budgetBytes: number;
}

const phases = Object.keys({
  'waiting-task': 0,
  'waiting-model': 0,
  'waiting-grant': 0,
  planning: 0,
  collecting: 0,
  training: 0,
  paused: 0,
  refused: 0,
  stopped: 0,
} satisfies Record<ParticipantPhase, 0>);

/** Adds the values of a gateway. */
export function addGateway(set: MetricSet, reading: GatewayReading, options: ReadingOptions): void {
  const { federation, gateway, status, tally, isFaulty, budgetBytes } = reading;
  const { nowMs, byGateway = false } = options;
  const { phase, online, waiting } = status;
  const { newest } = tally;
  const of: Labels = { federation, ...(byGateway && { gateway }) };
  set.add('ftte_gateway_faulty', of, Number(isFaulty));
  set.addState('ftte_gateway_phase', of, 'phase', phases, phase);
  set.addState('ftte_gateway_waiting', of, 'reason', Object.keys(gatewayNeeds), waiting?.for);
  set.add('ftte_gateway_waiting_seconds', of, waiting ? (nowMs - waiting.sinceMs) / 1000 : 0);
  set.add('ftte_gateway_broker_connected', of, Number(online));
  // Before the first model, the version is below 0.
  set.add('ftte_gateway_model_version', of, status.version < 0 ? undefined : status.version);
  set.add('ftte_gateway_samples', of, status.samples);
  set.add('ftte_gateway_refused_windows_total', of, status.refusedWindows);
  set.add('ftte_gateway_unlabelled_windows_total', of, status.unlabelledWindows);
  set.add('ftte_gateway_rounds_total', of, status.rounds);
  set.add('ftte_gateway_skipped_rounds_total', of, status.skippedRounds);
  set.addHistogram('ftte_gateway_round_duration_seconds', of, tally.durations);
  set.add('ftte_gateway_round_loss', { ...of, moment: 'before' }, newest?.lossBefore);
  set.add('ftte_gateway_round_loss', { ...of, moment: 'after' }, newest?.lossAfter);
  set.add('ftte_gateway_update_bytes_total', of, tally.updateBytes);
  set.add('ftte_gateway_waiting_updates', of, status.outbox);
  set.add('ftte_gateway_trained_ratio', of, newest?.trainedShare);
  set.add('ftte_gateway_training_memory_bytes', of, newest?.peakBytes);
  set.add('ftte_gateway_training_budget_bytes', of, budgetBytes);
  for (const { code, level, count } of tally.notices.all)
    set.add('ftte_gateway_notices_total', { ...of, code, level }, count);
}
