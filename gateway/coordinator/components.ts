import { join } from 'node:path';
import { parameterLayout } from '../model';
import { FolderLock, type FtteError, messageOf } from '../platform';
import { SubscriptionGroup } from '../session';
import { PersistedSamples } from '../stream';
import { gatewayPrivacy, modelKey, taskModel, usesLabelShares } from '../task';
import { mostCounter } from '../wire';
import { EngineJobs } from './evaluation/engine-jobs';
import { Evaluator } from './evaluation/evaluator';
import { FederatedEvaluation } from './evaluation/federated/federated-evaluation';
import { LabelReports } from './evaluation/federated/label-reports';
import { mostPeople } from './evaluation/figures/window-owners';
import { ImportanceProfiler, type ImportanceProfilerOptions } from './evaluation/importance-profiler';
import { ScoreStore } from './evaluation/score-store';
import { TrainingSamples } from './evaluation/training-samples';
import { WarmStart, type WarmStartOptions } from './evaluation/warm-start';
import { CatchUps, GrantStarts, Grants, type GrantsOptions } from './fleet';
import { MemberChanges } from './fleet/member-changes';
import { Membership } from './fleet/membership';
import { Twins } from './fleet/twins';
import { CoordinatorLease } from './lease/coordinator-lease';
import { MaskedSums } from './masking/masked-sums';
import { type CoordinatorOptions, type ResolvedOptions, withDefaults } from './options';
import { NoiseKey, PrivateVersions } from './privacy';
import { NewestDigest } from './publishing/newest-digest';
import { Publisher, withLabels } from './publishing/publisher';
import { RetainedState } from './publishing/retained-state';
import { VersionPublisher, type VersionPublisherOptions } from './publishing/version-publisher';
import { type CoordinatorNotices, notJudged, type VersionReport } from './reports';
import type { CoordinatorState } from './state/coordinator-state';
import { FileLog, MemoryLog, ModelStore, type UpdateLog } from './storage';
import { UpdatePipeline } from './updates/update-pipeline';

/** The file of the held-out windows, in the folder of a coordinator. */
export const heldOutFile = 'held-out.bin';

/** The parts of a coordinator that need nothing but its options. */
export interface Components {
  readonly options: ResolvedOptions;
  /** Undefined if nothing is on disk. */
  readonly lock: FolderLock | undefined;
  readonly membership: Membership;
  readonly evaluator: Evaluator;
  /** The file of the held-out windows. */
  readonly persistedHeldOut: PersistedSamples;
  readonly jobs: EngineJobs;
  readonly warmStart: WarmStart;
  readonly profiler: ImportanceProfiler;
  readonly modelStore: ModelStore;
  readonly scoreStore: ScoreStore;
  /** Undefined for a task without privacy of gateways. */
  readonly privacy: PrivateVersions | undefined;
  /** The key of noise, by which heads have a proof, too. Without privacy of gateways none is made, but one that the folder has is used. */
  readonly noiseKey: NoiseKey;
  readonly lease: CoordinatorLease;
  readonly subscriptions: SubscriptionGroup;
}

/** Calls from the components to the coordinator. */
export interface ComponentListeners extends Pick<ImportanceProfilerOptions, 'newest' | 'onImportance'> {
  readonly onWarmStartDone: WarmStartOptions['onDone'];
  /** Another coordinator has the better claim, or another process has taken the folder over. */
  readonly onLost: (error: Error) => void;
  /** A term is to be written to disk, with the run that has it. */
  readonly onTerm: (term: number, run: string) => Promise<void>;
  /** The lease waits for a silent coordinator. @param text for a person */
  readonly onContest: (text: string) => void;
  /** The term went up: task and head name it when they are sent again. */
  readonly onTermRaised: () => void;
  readonly onProblem: (error: unknown) => void;
}

/** All parts of a coordinator: those that work on the model exist once its folder was read. */
export interface ModelComponents extends Components {
  readonly state: CoordinatorState;
  /** Quality, as gateways measure it, of the versions that they receive. */
  readonly federated: FederatedEvaluation;
  readonly pipeline: UpdatePipeline;
  readonly publisher: Publisher;
  /** It is to be made before the first head. */
  readonly newestDigest: NewestDigest;
  readonly versionPublisher: VersionPublisher;
  readonly retainedState: RetainedState;
  readonly twins: Twins;
  /** Undefined if updates have no masks. */
  readonly sums: MaskedSums | undefined;
  /** Undefined if gateways train by their own trigger. */
  readonly grants: Grants | undefined;
}

/** Calls from the parts that work on the model to the coordinator. */
export interface ModelListeners {
  readonly notices: CoordinatorNotices;
  readonly onReport: (report: VersionReport) => void;
  /** The status has changed. */
  readonly onChange: () => void;
  /** Writing failed (once per failure), or works again (undefined). */
  readonly onStorage: (problem: FtteError | undefined) => void;
  readonly onProblem: (error: unknown) => void;
}

/** Creates the parts that need nothing but the options. Nothing runs yet, and nothing is read. */
export function createComponents(given: CoordinatorOptions, listeners: ComponentListeners): Components {
  const options = withDefaults(given);
  const { session, task, folder, createTrainer, clock, random, log, heldOutBytes } = options;
  const { newest, onImportance, onWarmStartDone, onLost, onProblem } = listeners;
  const { onTerm, onContest, onTermRaised } = listeners;
  // One folder per model: a task that is changed back finds its former model.
  const modelFolder = folder === undefined ? undefined : join(folder, modelKey(task));
  const distinct = folder !== undefined;
  const instance = random.hex(8);
  const evaluator = new Evaluator({
    task,
    createTrainer,
    random,
    heldOutBytes,
    distinct,
    onManyPeople: () =>
      log.warn(
        `held-out windows name more than ${mostPeople} people: those beyond are judged with all windows only`,
        'people-many',
      ),
    onProblem,
  });
  const jobs = new EngineJobs(createTrainer);
  const samples = new TrainingSamples({ task, random, sampleBytes: heldOutBytes });
  const shared = { task, jobs, samples, random, onProblem };
  const membership = new Membership(options.maxGateways, new MemberChanges(options.memberChangesBytes));
  const noiseKey = new NoiseKey(folder, options.makeNoiseKey);
  return {
    options,
    lock: folder === undefined ? undefined : new FolderLock(join(folder, 'lock'), { clock, random, onLost }),
    evaluator,
    persistedHeldOut: new PersistedSamples({
      store: evaluator.store,
      file: folder === undefined ? undefined : join(folder, heldOutFile),
      isLocked: true,
      clock,
      random,
      onProblem,
      onDropped: (count) =>
        log.warn(`${count} held-out windows no longer fit the task: feed them again`, 'held-out-lost'),
      onRecovered: (path) => log.info(`${path} can be written again`),
    }),
    jobs,
    membership,
    privacy: createPrivacy(options, membership, noiseKey),
    noiseKey,
    scoreStore: new ScoreStore(modelFolder, { clock, random, onProblem }),
    warmStart: new WarmStart({
      ...shared,
      parameters: () => newest().parameters,
      onDone: onWarmStartDone,
    }),
    profiler: new ImportanceProfiler({ ...shared, heldOut: evaluator, newest, onImportance }),
    modelStore: new ModelStore(
      updateLogOf(options, modelFolder),
      options.keepCheckpoints,
      log,
      options.yieldToEventLoop,
    ),
    lease: new CoordinatorLease({
      session,
      clock,
      instance,
      waitMs: options.claimWaitMs,
      persist: (term) => onTerm(term, instance),
      succeeds: options.sharedLog !== undefined,
      onLost: options.onReplaced ?? onLost,
      onContest,
      onTermRaised,
      onProblem,
      onSendFailed: (error) => log.warn(`the claim was not sent: ${messageOf(error)}`, 'send-failed'),
    }),
    subscriptions: new SubscriptionGroup(session, log),
  };
}

function updateLogOf(
  { task, sharedLog, yieldToEventLoop }: ResolvedOptions,
  folder: string | undefined,
): UpdateLog {
  if (sharedLog) return sharedLog.of(modelKey(task));
  return folder === undefined ? new MemoryLog() : new FileLog(folder, yieldToEventLoop);
}

/** Undefined for a task without privacy of gateways. */
function createPrivacy(
  options: ResolvedOptions,
  membership: Membership,
  key: NoiseKey,
): PrivateVersions | undefined {
  const { task, folder, clock } = options;
  const privacy = gatewayPrivacy(task);
  if (!privacy) return undefined;
  return new PrivateVersions({
    privacy,
    aggregation: task.aggregation,
    size: parameterLayout(taskModel(task)).size,
    folder,
    key,
    clock,
    gateways: () => membership.list(),
  });
}

/**
 * Creates the parts that work on the recovered model: from updates to versions (pipeline), and from versions to
 * messages and reports (versionPublisher).
 * @param seeded version 0 of the task's seed, from which catch-ups start; given if rounds are granted
 */
export function createModelComponents(
  components: Components,
  state: CoordinatorState,
  seeded: Float32Array | undefined,
  listeners: ModelListeners,
): ModelComponents {
  const { options, evaluator, membership, modelStore, profiler, warmStart, lease, noiseKey } = components;
  const { clock, random, log, session, bufferBytes, yieldToEventLoop } = options;
  const { notices, onReport, onChange, onStorage, onProblem } = listeners;
  const publisher = new Publisher({
    session,
    clock,
    log,
    snapshotIntervalMs: options.snapshotIntervalMs,
    onUnsent: (problem) => {
      if (problem) onProblem(problem);
      onChange();
    },
    snapshot: () => {
      // Gateways must not hold a version that a restart would not know.
      if (!pipeline.saved) return undefined;
      const { lineage, version, modelKey } = state;
      const { published, average } = state.model.parameters;
      return { type: 'snapshot', lineage, version, modelKey, parameters: published, average };
    },
  });
  session.countUpdates((gateway) =>
    Math.min(mostCounter, (membership.get(gateway)?.seen.highestCounter ?? -1) + 1),
  );
  const shared = { state, membership, clock };
  const newestDigest = new NewestDigest(state, yieldToEventLoop);
  const { maxGateways } = options;
  const labelReports = usesLabelShares(state.task)
    ? new LabelReports(state.task.labels.length, random, maxGateways)
    : undefined;
  const federated = new FederatedEvaluation(state.task, maxGateways, labelReports);
  membership.onForgotten = (gateway) => federated.forget(gateway);
  const labels = () => {
    if (!labelReports) return undefined;
    state.labels = labelReports.bytes(state.version, state.labels);
    return state.labels;
  };
  const versionPublisher = new VersionPublisher({
    ...shared,
    publisher,
    evaluator,
    federated,
    labels,
    warmStart,
    profiler,
    newestDigest,
    proof: () => noiseKey.proof(state.lineage, state.version),
    onReport,
    onWorse: (text, best) =>
      notices.say({ code: 'worse-than-best', level: 'warning', text, details: { version: best } }),
  });
  const retainedState = new RetainedState({
    session,
    clock,
    modelKey: state.modelKey,
    publish: (type) => {
      if (type === 'claim') lease.announce();
      else if (type === 'task') versionPublisher.task();
      else versionPublisher.repeatHead();
    },
    onRepaired: (text) => notices.say({ code: 'retained-lost', level: 'warning', text }),
  });
  const twins = new Twins({
    name: (gateway, instance) => publisher.twin(gateway, instance),
    onTwins: (gateway) => notices.twins(gateway),
  });
  const onLost = (text: string) => notices.say({ code: 'masks-lost', level: 'warning', text });
  const sums = state.task.aggregation.masked
    ? new MaskedSums({
        session,
        task: state.task,
        helpers: options.helpers,
        clock,
        yieldToEventLoop,
        isOnline: (gateway) => membership.get(gateway)?.online ?? false,
        online: () => membership.online,
        onChange: () => pipeline.advance(),
        onWaiting: (text) => notices.say({ code: 'helpers-away', level: 'warning', text }),
        onLost,
        onProblem,
      })
    : undefined;
  const pipeline = new UpdatePipeline({
    ...shared,
    sums,
    onLost,
    modelStore,
    random,
    yieldToEventLoop,
    bufferBytes,
    needsCounter: session.hasMembers,
    counts: options.counts,
    onGivenUp: (text) => notices.say({ code: 'version-failed', level: 'warning', text }),
    onPrivacy: (code, text) => notices.say({ code, level: 'warning', text }),
    keep: () => keptVersions(state, evaluator),
    onEvaluation: (gateway, version, evaluation) => {
      // It may have been excluded while its update was being written.
      if (options.counts?.(gateway) !== false) federated.take(gateway, version, evaluation);
    },
    answer: ({ sender, id }, verdict) => {
      publisher.ack(sender, { id, version: state.version, ...verdict });
      const { reason, detail = '' } = verdict;
      if (reason) notices.rejected(sender, reason, detail);
      grants?.settled(sender, verdict.status === 'rejected');
    },
    beforePublishing: () => newestDigest.make(),
    publish: (version) => {
      for (const [i, { gateway }] of version.contributions.entries())
        if (version.weights[i]?.treatment?.change === 'quarantined') federated.forget(gateway);
      versionPublisher.publish(version);
      if (state.robustness.isLongUnjudged) notices.say(notJudged(state.robustness.stage(state.version)));
      for (const [i, { gateway }] of version.contributions.entries()) {
        const { treatment } = version.weights[i] ?? {};
        const { times } = state.robustness.quarantineOf(gateway, state.version) ?? {};
        if (treatment?.change) notices.judged(gateway, treatment, state.version, times);
        const spent = state.privacy?.spendingOf(gateway);
        if (spent?.isSpent) notices.privacySpent(gateway, spent);
      }
      profiler.measureUpdates(state.version, version.contributions);
      grants?.proceed(true);
      onChange();
    },
    onChange,
    onStorage,
    onProblem,
  });
  const open = () => pipeline.resting;
  const { privacy } = state;
  const mayBegin =
    privacy && ((gateway: string) => !privacy.refusalOf(gateway, pipeline.buffer.has(gateway)));
  const grantable = { open, mayBegin, labels, onChange, onProblem };
  const grants = seeded && createGrants(components, state, seeded, publisher, grantable);
  const made = {
    state,
    federated,
    pipeline,
    publisher,
    newestDigest,
    versionPublisher,
    retainedState,
    twins,
    sums,
    grants,
  };
  return { ...components, ...made };
}

function createGrants(
  { options, membership }: Components,
  state: CoordinatorState,
  seeded: Float32Array,
  publisher: Publisher,
  {
    open,
    mayBegin,
    labels,
    onChange,
    onProblem,
  }: Pick<ModelListeners, 'onChange' | 'onProblem'> &
    Pick<GrantsOptions, 'open' | 'mayBegin'> &
    Pick<VersionPublisherOptions, 'labels'>,
): Grants | undefined {
  const { aggregation, encoding } = state.task;
  if (aggregation.participation.kind === 'free') return undefined;
  const { clock, random, log, session, maxGateways } = options;
  const catchUps = new CatchUps(seeded, encoding.catchUp, random, state.lineage);
  const starts = new GrantStarts(catchUps, options.yieldToEventLoop, onProblem);
  const grants = new Grants({
    timeoutMs: aggregation.participation.timeoutMs,
    cohorts: state.aggregator.synchronous,
    clock,
    random,
    concurrency: () => state.concurrency,
    isOnline: (gateway) => membership.get(gateway)?.online ?? false,
    open,
    mayBegin,
    send: (gateway, id, { follows, anchor }) => {
      const { version } = state;
      const { published, average } = state.model.parameters;
      // The gateway has named the lineage in its request, and the term excludes an earlier coordinator's.
      const grant = { id, version, ...withLabels(labels()) };
      if (follows) return publisher.grant(gateway, grant);
      starts.give({ version, published, average }, anchor, (start) => {
        // It may have been taken back, or the coordinator stopped, while the catch-up was being made.
        if (grants.isRunning(gateway)) publisher.grant(gateway, { ...grant, ...start });
      });
    },
    onChange,
    onFruitless: (gateway, count) => {
      const topic = session.topicOf('grant', gateway);
      log.warn(`${count} grants on ${topic} had no effect: may ${gateway} read that topic?`, 'not-answered');
    },
    limit: maxGateways,
  });
  return grants;
}

/** Versions whose checkpoints stay: the best, those that gateways found good, and those that are still to be judged. */
export function keptVersions({ best, healthy }: CoordinatorState, { pending }: Evaluator): number[] {
  return [...(best ? [best.version] : []), ...healthy, ...pending];
}
