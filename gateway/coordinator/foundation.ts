import { join } from 'node:path';
import {
  type Clock,
  type Log,
  messageOf,
  type Random,
  silentLog,
  systemClock,
  systemRandom,
} from '../platform';
import type { Session } from '../session';
import { SubscriptionGroup } from '../session';
import { modelKey } from '../task';
import { Evaluator } from './evaluation/evaluator';
import { ScoreStore } from './evaluation/score-store';
import { Scout, type ScoutOptions } from './evaluation/scout';
import { MemberChanges } from './fleet/member-changes';
import { Membership } from './fleet/membership';
import { CoordinatorLease } from './lease/coordinator-lease';
import type { CoordinatorOptions } from './options';
import { ModelStore } from './storage';

/** What a coordinator stands on from the first moment, before its folder was read. */
export interface Foundation {
  readonly session: Session;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly membership: Membership;
  readonly evaluator: Evaluator;
  readonly scout: Scout;
  readonly modelStore: ModelStore;
  readonly scoreStore: ScoreStore;
  readonly lease: CoordinatorLease;
  readonly subscriptions: SubscriptionGroup;
  /** Gateways remembered at most. */
  readonly maxGateways: number;
  /** How long the start listens for another coordinator, ms. */
  readonly claimWaitMs: number;
  /** Memory for contributions that wait. */
  readonly bufferBytes: number;
  /** A gateway gets at most one snapshot in this time. */
  readonly snapshotIntervalMs: number;
}

/** What the foundation tells and asks the coordinator. */
export interface FoundationListeners extends Pick<ScoutOptions, 'newest' | 'onWarm' | 'onImportance'> {
  /** Another coordinator has the better claim. */
  readonly onLost: (error: Error) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Makes what needs nothing but the options. Nothing runs yet, and nothing was read. */
export function layFoundation(options: CoordinatorOptions, listeners: FoundationListeners): Foundation {
  const { session, task, folder, createTrainer } = options;
  const { onLost, onProblem } = listeners;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? systemRandom();
  const log = options.log ?? silentLog;
  const maxGateways = options.maxGateways ?? 10_000;
  const heldOutBytes = options.heldOutBytes ?? 32 * 1024 * 1024;
  const claimWaitMs = options.claimWaitMs ?? 1_500;
  // A folder a model: changing the task back finds the model of before.
  const modelFolder = folder === undefined ? undefined : join(folder, modelKey(task));
  const { heldOut } = options;
  const evaluator = new Evaluator({ task, createTrainer, random, heldOutBytes, heldOut, onProblem });
  return {
    session,
    clock,
    random,
    log,
    maxGateways,
    claimWaitMs,
    bufferBytes: options.bufferBytes ?? 64 * 1024 * 1024,
    snapshotIntervalMs: options.snapshotIntervalMs ?? 2_000,
    evaluator,
    membership: new Membership(maxGateways, new MemberChanges(options.memberChangesBytes)),
    scoreStore: new ScoreStore(modelFolder, onProblem),
    scout: new Scout({
      ...listeners,
      task,
      createTrainer,
      random,
      sampleBytes: heldOutBytes,
      heldOut: evaluator,
    }),
    modelStore: new ModelStore(modelFolder, options.keepCheckpoints ?? 3, log, options.yieldToEventLoop),
    lease: new CoordinatorLease({
      session,
      clock,
      instance: random.hex(8),
      waitMs: claimWaitMs,
      onLost,
      onSendFailed: (error) => log.warn(`the claim was not sent: ${messageOf(error)}`),
    }),
    subscriptions: new SubscriptionGroup(session, log),
  };
}
