/** A metric, after the conventions of Prometheus. */
export interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** One sentence. */
  readonly help: string;
  /** The way from the values of several roles of one federation in one process to one. Default: they are added. */
  readonly combine?: 'max' | 'min' | 'mean';
}

/** Labels of a value. */
export type Labels = Readonly<Record<string, string>>;

const gauge = (help: string, combine?: Metric['combine']): Metric => ({
  type: 'gauge',
  help,
  ...(combine && { combine }),
});
const counter = (help: string): Metric => ({ type: 'counter', help });
const histogram = (help: string): Metric => ({ type: 'histogram', help });

/**
 * All metrics, in the order of the text. Each has the label `federation` but the first. Counters begin at 0 with the process,
 * or with the node in Node-RED.
 */
export const metrics = {
  ftte_info: gauge('1, with the version of the package.', 'max'),

  ftte_coordinator_faulty: gauge('1 if the coordinator does not learn because of a fault, else 0.'),
  ftte_coordinator_phase: gauge('1 for the phase of the coordinator, 0 for all others.'),
  ftte_coordinator_waiting: gauge('1 for what the coordinator waits for, 0 for all else.'),
  ftte_coordinator_waiting_seconds: gauge('Time for which it has waited for that.', 'max'),
  ftte_coordinator_broker_connected: gauge('1 if the broker is reached, else 0.'),
  ftte_coordinator_model_version: gauge('The newest version of the model.', 'max'),
  ftte_coordinator_best_version: gauge('The best version that was judged.', 'max'),
  ftte_coordinator_versions_total: counter('Versions made, by why the buffer was applied.'),
  ftte_coordinator_version_duration_seconds: histogram('Time from one version to the next.'),
  ftte_coordinator_contributions_total: counter(
    'Updates received: accepted, or the reason why they were refused.',
  ),
  ftte_coordinator_buffer_contributions: gauge('Contributions that wait in the buffer.'),
  ftte_coordinator_buffer_capacity_contributions: gauge('Contributions that make a version.', 'max'),
  ftte_coordinator_balanced_accuracy_ratio: gauge(
    'Balanced accuracy of the newest version: the published average or the version alone on held-out windows, or as gateways have measured it.',
    'mean',
  ),
  ftte_coordinator_chance_accuracy_ratio: gauge('Balanced accuracy of guessing.', 'mean'),
  ftte_coordinator_loss: gauge('Loss of the newest version, by the same sources.', 'mean'),
  ftte_coordinator_mean_absolute_error: gauge(
    'Mean absolute error of the newest version in normalised units, for tasks without labels.',
    'mean',
  ),
  ftte_coordinator_round_loss: gauge(
    'Loss on the samples of the rounds behind the newest version, before and after training.',
    'mean',
  ),
  ftte_coordinator_held_out_windows: gauge('Windows that versions are judged by.'),
  ftte_coordinator_missing_windows: gauge('Windows that a warm start still needs.'),
  ftte_coordinator_gateways_online: gauge('Gateways that are connected.'),
  ftte_coordinator_gateways_known: gauge('Gateways that are known.'),
  ftte_coordinator_gateways_quarantined: gauge('Gateways whose updates are refused for a time.'),
  ftte_coordinator_granted_rounds: gauge('Granted rounds that run, if rounds are granted.'),
  ftte_coordinator_waiting_gateways: gauge('Gateways that wait for a grant, if rounds are granted.'),
  ftte_coordinator_update_bytes_total: counter('Bytes of the updates in versions (from gateways).'),
  ftte_coordinator_patch_bytes_total: counter('Bytes of the patches published (to gateways, once each).'),
  ftte_coordinator_notices_total: counter(
    'Notices that were said, by code and level. What happens again is said at growing intervals.',
  ),
  ftte_coordinator_gateway_online: gauge('1 if this gateway is connected, else 0.', 'max'),
  ftte_coordinator_gateway_contributions_total: counter('Updates accepted from this gateway.'),
  ftte_coordinator_gateway_last_heard_timestamp_seconds: gauge(
    'When the last message of this gateway came, seconds since the epoch.',
    'max',
  ),

  ftte_gateway_faulty: gauge('Gateways here that do not learn because of a fault.'),
  ftte_gateway_phase: gauge('Gateways here in each phase.'),
  ftte_gateway_waiting: gauge('Gateways here that wait for each thing.'),
  ftte_gateway_waiting_seconds: gauge('Longest time for which one of them has waited.', 'max'),
  ftte_gateway_broker_connected: gauge('Gateways here that reach the broker.'),
  ftte_gateway_model_version: gauge('The version of the model; the oldest one of the gateways here.', 'min'),
  ftte_gateway_samples: gauge('Samples held for training.'),
  ftte_gateway_refused_windows_total: counter(
    'Windows refused: wrong shape, not finite, or an unknown label.',
  ),
  ftte_gateway_unlabelled_windows_total: counter('Windows without a label.'),
  ftte_gateway_rounds_total: counter('Rounds of local training.'),
  ftte_gateway_skipped_rounds_total: counter('Rounds that were due and did not begin.'),
  ftte_gateway_round_duration_seconds: histogram('Duration of a round.'),
  ftte_gateway_round_loss: gauge('Loss on the samples of the newest round, before and after it.', 'mean'),
  ftte_gateway_update_bytes_total: counter('Bytes of the updates made.'),
  ftte_gateway_waiting_updates: gauge('Updates without an acknowledgement of the coordinator.'),
  ftte_gateway_trained_ratio: gauge('Share of the parameters that the newest round has trained.', 'mean'),
  ftte_gateway_training_memory_bytes: gauge('Memory of the training program of the newest round.', 'max'),
  ftte_gateway_training_budget_bytes: gauge('Memory that training may use.', 'max'),
  ftte_gateway_notices_total: counter(
    'Notices that were said, by code and level. What happens again is said at growing intervals.',
  ),
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricName = keyof typeof metrics;

/** Names of the metrics of one type. */
export type MetricOf<Type extends Metric['type']> = {
  [Name in MetricName]: (typeof metrics)[Name] extends { readonly type: Type } ? Name : never;
}[MetricName];
