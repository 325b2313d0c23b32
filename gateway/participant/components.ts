import { dirname, join } from 'node:path';
import { asError, type Notice, StorageCipher } from '../platform';
import { farSamples, magnitudeOf, PersistedSamples, SampleStore, usualMagnitude } from '../stream';
import type { RejectionReason, RoundUpdate } from '../wire';
import { AnswerWatch } from './answers/answer-watch';
import { HelloSender } from './hello-sender';
import { helperFile } from './masking/helper-file';
import { MaskKeeper } from './masking/mask-keeper';
import type { ParticipantOptions } from './options';
import { Outbox } from './outbox/outbox';
import { UpdateSender } from './outbox/update-sender';
import { codeOfRejection, ParticipantNotices } from './participant-notices';
import { RoundLimits } from './policy';
import { PrivacyBudget } from './privacy';
import type { WaitingUpdate } from './reports/events';
import { LearningProgress } from './reports/learning-progress';
import { type TroubleSource, Troubles } from './reports/troubles';
import { CurrentPlan } from './rounds/current-plan';
import { GrantRequester, type RoundBase } from './rounds/grant-requester';
import { rememberingChooser } from './rounds/plan-chooser';
import { isDivergence, type RoundRequest, RoundRunner } from './rounds/round-runner';
import { RoundScheduler } from './rounds/round-scheduler';

/** The parts of a participant. */
export interface Components {
  readonly notices: ParticipantNotices;
  readonly troubles: Troubles;
  readonly plan: CurrentPlan;
  readonly helloSender: HelloSender;
  readonly store: SampleStore;
  readonly persistedSamples: PersistedSamples;
  readonly persistedHeldOut: PersistedSamples;
  readonly outbox: Outbox;
  readonly sender: UpdateSender;
  readonly scheduler: RoundScheduler;
  readonly grants: GrantRequester;
  readonly progress: LearningProgress;
  readonly privacy: PrivacyBudget;
  /** Undefined in an open federation. */
  readonly masks: MaskKeeper | undefined;
}

/** Calls from the components to the participant. */
export interface ComponentListeners {
  readonly onNotice: (notice: Notice) => void;
  readonly onProblem: (problem: Error) => void;
  /** A plan that was being made is there, or is refused. */
  readonly onPlan: () => void;
  /** The coordinator grants a round from this base. */
  readonly onGrant: (base: RoundBase) => void;
  /** A round is done; it has ended when this resolves. */
  readonly onUpdate: (update: RoundUpdate, request: RoundRequest) => Promise<void>;
  /** An update that waits was dropped, or a round became a part of one. */
  readonly onWaiting: (change: WaitingUpdate) => void;
  /** The status has changed. */
  readonly onChange: () => void;
}

/** Creates the parts of a participant. Nothing runs yet, and nothing is read. */
export function createComponents(options: ParticipantOptions, listeners: ComponentListeners): Components {
  const { clock, random, jitter = random, session, follower } = options;
  const { onNotice, onPlan, onGrant, onUpdate, onWaiting, onChange } = listeners;
  const notices = new ParticipantNotices({ clock, onNotice, onProblem: listeners.onProblem });
  const troubles = new Troubles(onChange);
  const onProblem = (error: unknown) => notices.problem(error);
  const failing = (source: TroubleSource) => (error: unknown) => {
    troubles.failed(source, asError(error));
    notices.problem(error);
  };
  const chooser = options.choosePlan ?? rememberingChooser();
  const plan = new CurrentPlan({ ...options, chooser, onSettled: onPlan, onProblem });
  const helloSender = new HelloSender({
    ...options,
    plan,
    instance: random.hex(8),
    onAnswered: () => {
      for (const watch of [updateWatch, readyWatch]) watch.probeAnswered();
    },
    onSent: () => troubles.works('hello'),
    onTwin: () => {
      troubles.failed('twin', 'twin-gateway');
      notices.twin(session.id);
    },
    onTwinGone: () => troubles.works('twin'),
    onProblem: failing('hello'),
  });
  const watched = {
    session,
    clock,
    answer: 'ack',
    probe: () => helloSender.announce(true),
  } as const;
  const reporting = (source: TroubleSource) => ({
    onUnanswered: (text: string) => {
      troubles.failed(source, 'not-answered');
      notices.notAnswered(text);
    },
    onAnswered: (text: string) => {
      troubles.works(source);
      notices.answeredAgain(text);
    },
  });
  const updateWatch = new AnswerWatch({
    ...watched,
    ...reporting('update'),
    type: 'update',
    doubt: () =>
      ' Or the broker drops messages of this size, or the coordinator does not work: look at its status.',
  });
  const readyWatch = new AnswerWatch({
    ...watched,
    ...reporting('ready'),
    type: 'ready',
    needsProbe: true,
    doubt: () => ' Or the coordinator does not work: look at its status.',
  });
  const store = options.store ?? new SampleStore({ capacity: options.storeCapacity ?? 1024, random });
  const progress = new LearningProgress(clock);
  const outbox = new Outbox({
    session,
    folder: options.outboxFolder,
    cipher: cipherOf(options, 'outbox'),
    ...options.outboxLimits,
    mergesRounds: options.mergesRounds,
    clock,
    random,
    onProblem: failing('outbox'),
    onRecovered: (folder) => {
      troubles.works('outbox');
      notices.storageRecovered(folder);
    },
    onFound: () => sender.takeFound(),
    yieldToEventLoop: options.yieldToEventLoop,
    onOverflow: ({ id }, limit) => {
      notices.updateDropped(limit);
      onWaiting({ kind: 'dropped', id });
    },
    onMerged: (id, into) => onWaiting({ kind: 'merged', id, into }),
  });
  /** Updates that were refused one after the other. */
  let refused = 0;
  const sender = new UpdateSender({
    ...options,
    random: jitter,
    outbox,
    watch: updateWatch,
    introduce: () => helloSender.announce(),
    onUnknown: (hellos) => {
      troubles.failed('update', 'not-answered');
      notices.notKnown(hellos, session.topicOf('hello'));
    },
    onPartLimit: (bytes, failedBytes) => {
      notices.partLimit(session.topicOf('update'), bytes, failedBytes);
      helloSender.announceIfChanged();
    },
    onNotStored: (ack) => {
      troubles.failed('update', 'coordinator-storage');
      notices.updateNotStored(ack);
    },
    onAccepted: () => {
      refused = 0;
      troubles.works('update');
      troubles.works('verdict');
    },
    onRejected: (ack) => {
      troubles.works('update');
      // A single update may be too late, or of a model that is replaced just then.
      if (++refused > 1 || isLasting(ack.reason)) troubles.failed('verdict', codeOfRejection(ack.reason));
      notices.updateRejected(ack);
      if (ack.reason === 'not-finite' || ack.reason === 'norm-exceeded') removeFar();
      if (ack.reason === 'future-version') follower.invalidate();
    },
    onAside: (count, lineage) => notices.updatesAside(count, lineage),
    onAnswered: () => progress.answered(),
    onPaused: (isPaused) => {
      progress.coordinatorIs(isPaused);
      onChange();
    },
    onChange,
    onProblem: failing('update'),
  });
  const grants = new GrantRequester({
    ...options,
    random: jitter,
    watch: readyWatch,
    carry: (request) => sender.carry(request),
    onGrant: (base) => {
      troubles.works('ready');
      onGrant(base);
    },
    onSent: () => troubles.sent('ready'),
    onProblem: failing('ready'),
  });
  /** Removes samples that make each round fail that draws them. @returns whether there were some */
  const removeFar = (): boolean => {
    const windows = store.list().map(({ window }) => window);
    const far = farSamples(windows);
    const largest = Math.max(...[...far].map(magnitudeOf));
    if (store.remove(far) === 0) return false;
    notices.samplesRemoved(far.size, largest / usualMagnitude(windows));
    onChange();
    return true;
  };
  const onSkip = (text: string) => notices.roundSkipped(text);
  const privacy = new PrivacyBudget({
    ...options.privacy,
    clock,
    yieldToEventLoop: options.yieldToEventLoop,
    onSpent: (text) => {
      troubles.failed('privacy', 'privacy-spent');
      notices.privacySpent(text);
    },
    onLedger: (error) => {
      troubles.failed('privacy', 'privacy-ledger');
      notices.privacyLedger(error.message);
    },
    onChange,
  });
  const folder = options.privacy?.folder;
  // Without members there are no keys.
  const masks = session.hasMembers
    ? new MaskKeeper({
        session,
        path: folder === undefined ? undefined : join(folder, helperFile),
        helps: options.policy?.helper !== 'never',
        clock,
        random,
        yieldToEventLoop: options.yieldToEventLoop,
        onReady: () => {
          scheduler.startIfDue();
          onChange();
        },
        onProblem,
      })
    : undefined;
  const runner = new RoundRunner({
    ...options,
    masks,
    store,
    selection: (version) => plan.selectionFor(version),
    onUpdate: (update, request) => {
      troubles.works('round');
      troubles.works('privacy');
      troubles.works('damage');
      return onUpdate(update, request);
    },
    onSkip,
    onEngine: (reason) => {
      if (reason === undefined) return troubles.works('engine');
      troubles.failed('engine', 'engine-fallback');
      notices.engineSlow(reason);
    },
    onNothing: () => grants.handBack(),
    limits: new RoundLimits(options.policy, clock),
    privacy,
    onLimit: (text) => notices.policyLimit(text),
    onFailure: (error) => {
      if (isDivergence(error) && removeFar()) return;
      troubles.failed('round', asError(error));
      notices.roundFailed(error);
    },
  });
  const askForGrant = () => {
    grants.ask();
    onChange();
  };
  const scheduler = new RoundScheduler({
    ...options,
    runner,
    askForGrant,
    onSkip,
    onChange,
    onEnd: () => sender.roundEnded(),
  });
  const { storeFile, keepSamples = true, heldOut } = options;
  const persisting = {
    clock,
    random,
    onProblem: failing('samples'),
    onDamaged: (error: Error) => {
      troubles.failed('damage', 'samples-damaged');
      notices.samplesDamaged(error.message);
    },
    onRecovered: (path: string) => {
      troubles.works('samples');
      notices.storageRecovered(path);
    },
  };
  const persistedSamples = new PersistedSamples({
    ...{ store, file: storeFile, keep: keepSamples, cipher: cipherOf(options, 'samples') },
    ...persisting,
  });
  const persistedHeldOut = new PersistedSamples({
    store: heldOut?.store ?? new SampleStore({ capacity: 1, random }),
    file: storeFile === undefined ? undefined : heldOutFileBeside(storeFile),
    // A gateway that holds nothing out keeps nothing of an earlier run.
    keep: keepSamples && heldOut !== undefined,
    cipher: cipherOf(options, 'held-out'),
    ...persisting,
  });
  return {
    notices,
    troubles,
    plan,
    helloSender,
    store,
    persistedSamples,
    persistedHeldOut,
    outbox,
    sender,
    scheduler,
    grants,
    progress,
    privacy,
    masks,
  };
}

/** The file of held-out windows that belongs to a file of samples. */
export const heldOutFileBeside = (storeFile: string) => join(dirname(storeFile), 'held-out.bin');

const cipherOf = ({ storageKey }: ParticipantOptions, kind: string) =>
  storageKey === undefined ? undefined : new StorageCipher(storageKey, kind);

/** Whether an update was refused for what is in it. */
const isLasting = (reason: RejectionReason | undefined) =>
  reason !== 'too-old' && reason !== 'other-lineage' && reason !== 'future-version';
