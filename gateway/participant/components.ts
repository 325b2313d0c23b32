import type { Notice } from '../platform';
import type { Selection } from '../selection';
import { farSamples, magnitudeOf, PersistedSamples, SampleStore, usualMagnitude } from '../stream';
import type { Update } from '../wire';
import { AnswerWatch } from './answers/answer-watch';
import { HelloSender } from './hello-sender';
import type { ParticipantOptions } from './options';
import { Outbox } from './outbox/outbox';
import { UpdateSender } from './outbox/update-sender';
import { ParticipantNotices } from './participant-notices';
import { LearningProgress } from './reports/learning-progress';
import { CurrentPlan } from './rounds/current-plan';
import { GrantRequester, type RoundBase } from './rounds/grant-requester';
import { rememberingChooser } from './rounds/plan-chooser';
import { isDivergence, RoundRunner } from './rounds/round-runner';
import { RoundScheduler } from './rounds/round-scheduler';

/** The parts of a participant. */
export interface Components {
  readonly notices: ParticipantNotices;
  readonly plan: CurrentPlan;
  readonly helloSender: HelloSender;
  readonly store: SampleStore;
  readonly persistedSamples: PersistedSamples;
  readonly outbox: Outbox;
  readonly sender: UpdateSender;
  readonly scheduler: RoundScheduler;
  readonly grants: GrantRequester;
  readonly progress: LearningProgress;
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
  readonly onUpdate: (update: Update, selection: Selection) => Promise<void>;
  /** The status has changed. */
  readonly onChange: () => void;
}

/** Creates the parts of a participant. Nothing runs yet, and nothing is read. */
export function createComponents(options: ParticipantOptions, listeners: ComponentListeners): Components {
  const { clock, random, session, follower } = options;
  const { onNotice, onPlan, onGrant, onUpdate, onChange } = listeners;
  const notices = new ParticipantNotices({ clock, onNotice, onProblem: listeners.onProblem });
  const onProblem = (error: unknown) => notices.problem(error);
  const chooser = options.choosePlan ?? rememberingChooser();
  const plan = new CurrentPlan({ ...options, chooser, onSettled: onPlan, onProblem });
  const helloSender = new HelloSender({
    ...options,
    plan,
    instance: random.hex(8),
    onAnswered: () => {
      for (const watch of [updateWatch, readyWatch]) watch.probeAnswered();
    },
    onProblem,
  });
  const watched = {
    session,
    clock,
    answer: 'ack',
    probe: () => helloSender.announce(true),
    onUnanswered: (text: string) => notices.notAnswered(text),
    onAnswered: (text: string) => notices.answeredAgain(text),
  } as const;
  const updateWatch = new AnswerWatch({
    ...watched,
    type: 'update',
    doubt: () => ' Or the broker drops messages of this size.',
  });
  const readyWatch = new AnswerWatch({ ...watched, type: 'ready', needsProbe: true });
  const store = options.store ?? new SampleStore({ capacity: options.storeCapacity ?? 1024, random });
  const progress = new LearningProgress(clock);
  const outbox = new Outbox({
    session,
    folder: options.outboxFolder,
    ...options.outboxLimits,
    clock,
    random,
    onProblem,
    onRecovered: (folder) => notices.storageRecovered(folder),
    onFound: () => sender.takeFound(),
    onOverflow: () => notices.outboxFull(),
  });
  const sender = new UpdateSender({
    ...options,
    outbox,
    watch: updateWatch,
    introduce: () => helloSender.announce(),
    onUnknown: (hellos) => notices.notKnown(hellos, session.topicOf('hello')),
    onPartLimit: (bytes, failedBytes) => {
      notices.partLimit(session.topicOf('update'), bytes, failedBytes);
      helloSender.announceIfChanged();
    },
    onRejected: (ack) => {
      notices.updateRejected(ack);
      if (ack.reason === 'not-finite' || ack.reason === 'norm-exceeded') removeFar();
      if (ack.reason === 'future-version') follower.invalidate();
    },
    onExpired: (count, lineage) => notices.updatesExpired(count, lineage),
    onAnswered: () => progress.answered(),
    onChange,
    onProblem,
  });
  const grants = new GrantRequester({ ...options, watch: readyWatch, onGrant, onProblem });
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
  const runner = new RoundRunner({
    ...options,
    store,
    selection: (version) => plan.selectionFor(version),
    onUpdate,
    onSkip,
    onNothing: () => grants.handBack(),
    onFailure: (error) => {
      if (!isDivergence(error) || !removeFar()) notices.roundFailed(error);
    },
  });
  const askForGrant = () => {
    grants.ask();
    onChange();
  };
  const scheduler = new RoundScheduler({ ...options, runner, askForGrant, onSkip, onChange });
  const persistedSamples = new PersistedSamples({
    store,
    file: options.storeFile,
    keep: options.keepSamples ?? true,
    clock,
    random,
    onProblem,
    onRecovered: (path) => notices.storageRecovered(path),
  });
  return {
    notices,
    plan,
    helloSender,
    store,
    persistedSamples,
    outbox,
    sender,
    scheduler,
    grants,
    progress,
  };
}
