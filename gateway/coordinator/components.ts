import type { Clock, FtteError, Log, Random, YieldToEventLoop } from '../platform';
import type { Session } from '../session';
import type { Evaluator } from './evaluation/evaluator';
import type { Scout } from './evaluation/scout';
import { CatchUps, Grants } from './fleet';
import type { Membership } from './fleet/membership';
import { Publisher } from './publishing/publisher';
import { VersionPublisher } from './publishing/version-publisher';
import type { CoordinatorNotice, VersionReport } from './reports/coordinator-types';
import type { CoordinatorState } from './state/coordinator-state';
import type { ModelStore } from './storage';
import { UpdatePipeline } from './updates/update-pipeline';

/** What a coordinator is made of once its folder was read. */
export interface CoordinatorComponents {
  readonly state: CoordinatorState;
  readonly pipeline: UpdatePipeline;
  readonly publisher: Publisher;
  readonly versionPublisher: VersionPublisher;
  /** Undefined where gateways train when they like. */
  readonly grants: Grants | undefined;
}

export interface ComponentsOptions {
  readonly state: CoordinatorState;
  readonly session: Session;
  readonly modelStore: ModelStore;
  readonly membership: Membership;
  readonly evaluator: Evaluator;
  readonly scout: Scout;
  readonly clock: Clock;
  /** Draws who is granted a round. */
  readonly random: Random;
  readonly log: Log;
  /** Version 0 of the task's seed, where rounds are granted: what catch-ups start from. */
  readonly seeded: Float32Array | undefined;
  /** Lets the event loop go on between two steps of a version. */
  readonly yieldToEventLoop: YieldToEventLoop | undefined;
  /** Gateways remembered at most. */
  readonly maxGateways: number;
  readonly bufferBytes: number;
  readonly snapshotIntervalMs: number;
  readonly onNotice: (notice: CoordinatorNotice) => void;
  readonly onReport: (report: VersionReport) => void;
  readonly onChange: () => void;
  readonly onStorage: (problem: FtteError | undefined) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Puts the parts together: from updates to versions (line), and from versions to messages and reports (versionPublisher). */
export function createComponents(options: ComponentsOptions): CoordinatorComponents {
  const { state, session, evaluator, clock, log } = options;
  const publisher = new Publisher({
    session,
    clock,
    log,
    snapshotIntervalMs: options.snapshotIntervalMs,
    snapshot: () => {
      // What a restart would not know again, no gateway may hold.
      if (!pipeline.saved) return undefined;
      const { lineage, version, modelKey } = state;
      const { published, average } = state.model.parameters;
      return { type: 'snapshot', lineage, version, modelKey, parameters: published, average };
    },
  });
  const versionPublisher = new VersionPublisher({ ...options, publisher });
  const pipeline = new UpdatePipeline({
    ...options,
    keep: () => keptVersions(state, evaluator),
    answer: ({ sender, id }, verdict) => {
      publisher.ack(sender, { id, version: state.version, ...verdict });
      const { reason, detail = '' } = verdict;
      if (reason) options.onNotice({ kind: 'rejected', gateway: sender, reason, detail });
      grants?.settled(sender, verdict.status === 'rejected');
    },
    publish: (version) => {
      versionPublisher.publish(version);
      options.scout.heard(state.version, version.contributions);
      grants?.proceed(true);
      options.onChange();
    },
    changed: options.onChange,
    storage: options.onStorage,
  });
  const grants = makeGrants(options, publisher, () => pipeline.resting);
  return { state, pipeline, publisher, versionPublisher, grants };
}

function makeGrants(
  options: ComponentsOptions,
  publisher: Publisher,
  open: () => boolean,
): Grants | undefined {
  const { state, membership, clock, random, maxGateways } = options;
  const { aggregation, encoding } = state.task;
  const { participation } = aggregation;
  if (participation.kind === 'free' || !options.seeded) return undefined;
  const catchUps = new CatchUps(options.seeded, encoding.catchUp, random);
  return new Grants({
    timeoutMs: participation.timeoutMs,
    cohorts: state.aggregator.synchronous,
    clock,
    random,
    concurrency: () => state.concurrency,
    isOnline: (gateway) => membership.get(gateway)?.online ?? false,
    open,
    send: (gateway, id, { follows, anchor }) => {
      const { lineage, version } = state;
      const start = follows ? {} : catchUps.to(version, state.model.parameters.published, anchor);
      publisher.grant(gateway, { id, lineage, version, ...start });
    },
    onChange: options.onChange,
    limit: maxGateways,
  });
}

/** Versions whose checkpoints are not thrown away: the best, and those that may yet turn out to be. */
export function keptVersions(record: CoordinatorState, evaluator: Evaluator): number[] {
  return [...(record.best ? [record.best.version] : []), ...evaluator.pending];
}
