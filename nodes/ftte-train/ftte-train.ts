import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Trainer, WorkerTrainer } from '../../gateway/engine';
import { PreferredTrainer } from '../../gateway/engine-tensorflow';
import {
  HeldOut,
  heldOutFileBeside,
  type ModelFollower,
  Participant,
  refusalCode,
  refusalText,
} from '../../gateway/participant';
import { FtteError, messageOf, systemClock, systemRandom } from '../../gateway/platform';
import type { ExportedBytes } from '../../gateway/session';
import { type Sample, textOf } from '../../gateway/stream';
import type { Task } from '../../gateway/task';
import {
  actionOf,
  bytesOf,
  ConnectionWatch,
  cancelDeletion,
  choosePlanInThread,
  construct,
  federationOf,
  followStanding,
  type InputHandler,
  migrationRoute,
  NodeReports,
  onClose,
  onNodeDeleted,
  Registry,
  StatusWatch,
  sampleOf,
  storageKey,
  userFolder,
  type WindowMessage,
} from '../runtime';
import { budgetRoute } from './budget-route';
import { type TrainConfig, trainConfig } from './config';
import { migrations } from './migrations';
import { records, watchParticipant } from './monitor';
import { participantLook } from './participant-status';
import { retainedHeldOut, retainedSamples } from './retained-samples';
import { Uplink } from './uplink';

const actions = ['train', 'pause', 'resume', 'forget', 'accept'] as const;

interface TrainMessage extends WindowMessage {
  action?: unknown;
  subject?: unknown;
}

export = (RED: NodeAPI): void => {
  /** The followed model of each running train node, for the budget in the dialog. */
  const followers = new Registry<string, ModelFollower>();
  budgetRoute(RED, (id) => followers.get(id));
  migrationRoute(RED, 'ftte-train', migrations);

  RED.nodes.registerType('ftte-train', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => build(RED, this, reports, trainConfig(config), followers));
  });
};

function build(
  RED: NodeAPI,
  node: Node,
  reports: NodeReports,
  config: TrainConfig,
  followers: Registry<string, ModelFollower>,
): InputHandler {
  const handle = federationOf(RED, config.federation);
  const releaseRole = handle.acquireRole('participant', node);
  const { follower, release: releaseFollower } = handle.acquireFollower();
  const removeFollower = followers.set(node.id, follower);
  cancelDeletion(node);
  const storeFile = join(userFolder(RED, node), 'samples.bin');
  const sendBytes = (topic: string, bytes: ExportedBytes) =>
    node.send([null, { topic, payload: Buffer.from(bytes) }]);
  const uplink = config.uplink ? new Uplink(handle.session, follower, sendBytes) : undefined;
  const random = systemRandom();
  const isHeldOut = handle.policy.evaluation === 'send';
  const heldOut = isHeldOut ? new HeldOut(random, retainedHeldOut.take(node.id)) : undefined;
  const participant = new Participant({
    session: uplink?.session ?? handle.session,
    follower,
    trainer: trainerFor(reports, config),
    onConnection: (listener) => handle.onConnection(listener),
    budgetBytes: config.budgetBytes,
    trigger: config.trigger,
    policy: handle.policy,
    outboxFolder: join(handle.folder, 'outbox'),
    privacy: { folder: handle.folder },
    storageKey: storageKey(RED),
    // The second output also sends each round by itself.
    mergesRounds: !config.uplink,
    storeCapacity: config.capacity,
    store: retainedSamples.take(node.id, config.capacity),
    storeFile,
    keepSamples: config.keep,
    heldOut,
    clock: systemClock,
    random,
    choosePlan: choosePlanInThread(),
  });
  const stopSharing = handle.ownSamples.share({
    store: participant.store,
    budgetBytes: config.budgetBytes,
    keep: config.keep,
  });
  const forget = async () => {
    const outcomes = await Promise.allSettled([participant.forget(), handle.ownSamples.forget()]);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    handle.renewGatewayId();
  };
  const connection = new ConnectionWatch(handle);
  const offStanding = followStanding(handle, {
    refused: (text, reason) => participant.reportRefusal(text, reason),
    admitted: () => participant.reportAdmission(),
  });
  const look = () => participantLook(participant.status, connection.fault, reports.clock.now());
  const watch = new StatusWatch(node, reports, look, handle.federation);
  const stopMonitor = watchParticipant({
    ...{ node, handle, participant, look, budgetBytes: config.budgetBytes, clock: reports.clock },
    task: () => follower.task,
    act: (action) => act(participant, forget, action),
  });
  const stopListening = listen(node, reports, watch, participant);
  const stopUpdates = participant.on('update', (bytes) => {
    const exported = handle.session.exported(bytes);
    if (exported) sendBytes('update', exported);
  });
  if (config.uplink && handle.session.hasMembers) reports.warn(silentOutput, 'message-invalid');
  // Failures of the start reach the flow as `problem`s; anything else that is thrown is logged.
  const started = Promise.all([
    participant.start(),
    config.keep ? undefined : handle.ownSamples.erase(),
  ]).catch((error) => reports.error(error));

  onClose(node, async () => {
    removeFollower();
    stopSharing();
    try {
      await started;
      await participant.stop();
      retainedSamples.retain(node.id, participant.store);
      if (heldOut) retainedHeldOut.retain(node.id, heldOut.store);
      onNodeDeleted(RED, node, async () => {
        records.forget(node.id);
        await Promise.all([
          retainedSamples.forget(node.id, storeFile),
          retainedHeldOut.forget(node.id, heldOutFileBeside(storeFile)),
          handle.ownSamples.forget(),
        ]);
      });
    } finally {
      stopMonitor();
      stopListening();
      offStanding();
      connection.stop();
      uplink?.stop();
      stopUpdates();
      releaseRole();
      await releaseFollower();
    }
  });

  return async (incoming) => {
    const msg: TrainMessage = incoming;
    const action = actionOf(msg.action, actions);
    if (action === 'accept') return follower.acceptTask();
    if (action) return act(participant, forget, action);
    const bytes = bytesOf(msg.payload);
    if (bytes) return handle.receive(bytes);
    const task = follower.task;
    if (!task) {
      const { refusal } = follower;
      if (refusal) throw new FtteError(refusalCode(refusal), refusalText(refusal));
      throw new FtteError('not-ready', 'no task yet: nothing has arrived from the coordinator');
    }
    const sample = readSample(participant, msg, task, config);
    if (sample) participant.add(sample, textOf(msg.subject) ?? '');
    else if (task.kind === 'classification') participant.countUnlabelled();
  };
}

/** The chosen engine, or the engine of this package with a warning if that cannot be loaded. */
function trainerFor(reports: NodeReports, { engine, budgetBytes }: TrainConfig): Trainer {
  if (engine === 'auto') return new WorkerTrainer();
  const kilobytes = Math.round(budgetBytes / 1024);
  reports.warn(
    `TensorFlow keeps to no budget: ${kilobytes} KB decide what is trained, but the process takes hundreds of megabytes more`,
    'engine-memory',
  );
  return new PreferredTrainer({
    onFallback: (reason) =>
      reports.warn(`${reason}; the engine of this package trains instead`, 'engine-fallback'),
  });
}

/** The sample of a message, if it has one; a wrong one counts as refused. @throws FtteError */
function readSample(
  participant: Participant,
  msg: TrainMessage,
  task: Task,
  { unlabelled }: TrainConfig,
): Sample | undefined {
  try {
    const sample = sampleOf(msg, task);
    // Most streams have no labels most of the time, so a missing label is no error.
    if (sample || unlabelled === 'count' || task.kind !== 'classification') return sample;
    throw new FtteError('not-labelled', `label: expected one of ${task.labels.join(', ')}, got none`);
  } catch (error) {
    participant.countRefused();
    throw error;
  }
}

async function act(
  participant: Participant,
  forget: () => Promise<void>,
  action: Exclude<(typeof actions)[number], 'accept'>,
): Promise<void> {
  switch (action) {
    case 'pause':
      return participant.pause();
    case 'resume':
      return participant.resume();
    case 'forget':
      return forget();
    case 'train': {
      const outcome = participant.trainNow();
      // A round runs already, or the coordinator has to grant it first.
      if (outcome === 'started' || outcome === 'asked' || outcome === 'busy') return;
      throw new FtteError('not-ready', `no round was started: ${outcome.replace(/-/g, ' ')}`, { outcome });
    }
  }
}

const silentOutput =
  'output 2 has a wire and sends nothing, expected none: this federation has invitations, and messages by a wire are neither signed nor sealed';

/** Connects the events of the participant with the flow. @returns disconnects them */
function listen(node: Node, reports: NodeReports, watch: StatusWatch, participant: Participant): () => void {
  participant.onListenerError = (error) => reports.log.error(messageOf(error), 'unexpected');
  const offs = [
    participant.on('status', () => watch.update()),
    participant.on('round', (report) => node.send([{ topic: 'round', payload: report }, null])),
    participant.on('notice', (notice) => reports.say(notice)),
    participant.on('problem', (error) => reports.error(error)),
  ];
  return () => {
    for (const off of offs) off();
  };
}
