import type { Clock, FtteError, Log, Random, Turn } from '../platform';
import type { SessionFace } from '../session';
import type { Evaluator } from './evaluation/evaluator';
import type { Scout } from './evaluation/scout';
import { CatchUps, concurrencyOf, Grants } from './fleet';
import type { Membership } from './fleet/membership';
import { Publisher } from './publishing/publisher';
import { VersionTeller } from './publishing/version-publisher';
import type { CoordinatorNotice, VersionReport } from './reports/coordinator-types';
import type { ModelRecord } from './state/coordinator-state';
import type { Ledger } from './storage';
import { VersionLine } from './updates/update-pipeline';

/** What a coordinator is made of once its folder was read. */
export interface Parts {
  readonly record: ModelRecord;
  readonly line: VersionLine;
  readonly publisher: Publisher;
  readonly teller: VersionTeller;
  /** Undefined where gateways train when they like. */
  readonly grants: Grants | undefined;
}

export interface AssembleOptions {
  readonly record: ModelRecord;
  readonly session: SessionFace;
  readonly ledger: Ledger;
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
  readonly turn: Turn | undefined;
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

/** Puts the parts together: from updates to versions (line), and from versions to messages and reports (teller). */
export function assemble(options: AssembleOptions): Parts {
  const { record, session, evaluator, clock, log } = options;
  const publisher = new Publisher({
    session,
    clock,
    log,
    snapshotIntervalMs: options.snapshotIntervalMs,
    snapshot: () => {
      // What a restart would not know again, no gateway may hold.
      if (!line.saved) return undefined;
      const { lineage, version, modelKey } = record;
      const { published, average } = record.model.parameters;
      return { type: 'snapshot', lineage, version, modelKey, parameters: published, average };
    },
  });
  const teller = new VersionTeller({ ...options, publisher });
  const line = new VersionLine({
    ...options,
    keep: () => keptVersions(record, evaluator),
    answer: ({ sender, id }, verdict) => {
      publisher.ack(sender, { id, version: record.version, ...verdict });
      const { reason, detail = '' } = verdict;
      if (reason) options.onNotice({ kind: 'rejected', gateway: sender, reason, detail });
      grants?.heard(sender, verdict.status === 'rejected');
    },
    publish: (version) => {
      teller.publish(version);
      options.scout.heard(record.version, version.contributions);
      grants?.proceed(true);
      options.onChange();
    },
    changed: options.onChange,
    storage: options.onStorage,
  });
  const grants = makeGrants(options, publisher, () => line.resting);
  return { record, line, publisher, teller, grants };
}

function makeGrants(options: AssembleOptions, publisher: Publisher, open: () => boolean): Grants | undefined {
  const { record, membership, clock, random, maxGateways } = options;
  const { aggregation, encoding } = record.task;
  const { participation, rule } = aggregation;
  if (participation.kind === 'free' || !options.seeded) return undefined;
  const catchUps = new CatchUps(options.seeded, encoding.catchUp, random);
  return new Grants({
    timeoutMs: participation.timeoutMs,
    cohorts: rule.kind === 'fedavg',
    clock,
    random,
    concurrency: () => concurrencyOf(aggregation, membership.online),
    isOnline: (gateway) => membership.get(gateway)?.online ?? false,
    open,
    send: (gateway, id, { follows, anchor }) => {
      const { lineage, version } = record;
      const start = follows ? {} : catchUps.to(version, record.model.parameters.published, anchor);
      publisher.grant(gateway, { id, lineage, version, ...start });
    },
    onChange: options.onChange,
    limit: maxGateways,
  });
}

/** Versions whose checkpoints are not thrown away: the best, and those that may yet turn out to be. */
export function keptVersions(record: ModelRecord, evaluator: Evaluator): number[] {
  return [...(record.best ? [record.best.version] : []), ...evaluator.pending];
}
