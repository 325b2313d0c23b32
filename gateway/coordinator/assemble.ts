import type { Clock, FtteError, Log } from '../platform';
import type { SessionFace } from '../session';
import type { CoordinatorNotice, VersionReport } from './coordinator-types';
import type { Evaluator } from './evaluator';
import type { Membership } from './membership';
import type { ModelRecord } from './model-record';
import { Publisher } from './publisher';
import type { Ledger } from './storage';
import { VersionLine } from './version-line';
import { VersionTeller } from './version-teller';

/** What a coordinator is made of once its folder was read. */
export interface Parts {
  readonly record: ModelRecord;
  readonly line: VersionLine;
  readonly publisher: Publisher;
  readonly teller: VersionTeller;
}

export interface AssembleOptions {
  readonly record: ModelRecord;
  readonly session: SessionFace;
  readonly ledger: Ledger;
  readonly membership: Membership;
  readonly evaluator: Evaluator;
  readonly clock: Clock;
  readonly log: Log;
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
    },
    publish: (version) => {
      teller.publish(version);
      options.onChange();
    },
    changed: options.onChange,
    storage: options.onStorage,
  });
  return { record, line, publisher, teller };
}

/** Versions whose checkpoints are not thrown away: the best, and those that may yet turn out to be. */
export function keptVersions(record: ModelRecord, evaluator: Evaluator): number[] {
  return [...(record.best ? [record.best.version] : []), ...evaluator.pending];
}
