import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { type Trainer, WorkerTrainer } from '../../gateway/engine';
import { PreferredTrainer } from '../../gateway/engine-tensorflow';
import { type ModelFollower, Participant } from '../../gateway/participant';
import { FtteError, messageOf, systemClock, systemRandom } from '../../gateway/platform';
import type { Sample } from '../../gateway/stream';
import type { Task } from '../../gateway/task';
import {
  actionOf,
  bytesOf,
  cancelDeletion,
  choosePlanInThread,
  construct,
  federationOf,
  type InputHandler,
  migrationRoute,
  nodeError,
  onClose,
  onNodeDeleted,
  Registry,
  Status,
  sampleOf,
  userFolder,
  type WindowMessage,
} from '../runtime';
import { budgetRoute } from './budget-route';
import { type TrainConfig, trainConfig } from './config';
import { migrations } from './migrations';
import { showParticipant } from './participant-status';
import { retainedSamples } from './retained-samples';
import { Uplink } from './uplink';

const actions = ['train', 'pause', 'resume', 'forget'] as const;

interface TrainMessage extends WindowMessage {
  action?: unknown;
}

export = (RED: NodeAPI): void => {
  /** What each running train node follows, for the dialog's budget. */
  const followers = new Registry<string, ModelFollower>();
  budgetRoute(RED, (id) => followers.get(id));
  migrationRoute(RED, 'ftte-train', migrations);

  RED.nodes.registerType('ftte-train', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const status = new Status(RED, this);
    construct(RED, this, status, () => build(RED, this, status, trainConfig(config), followers));
  });
};

function build(
  RED: NodeAPI,
  node: Node,
  status: Status,
  config: TrainConfig,
  followers: Registry<string, ModelFollower>,
): InputHandler {
  const handle = federationOf(RED, config.federation);
  const releaseRole = handle.acquireRole('participant', node);
  const { follower, release: releaseFollower } = handle.acquireFollower();
  const removeFollower = followers.set(node.id, follower);
  cancelDeletion(node);
  const storeFile = join(userFolder(RED, node), 'samples.bin');
  const sendBytes = (topic: string, bytes: Uint8Array) =>
    node.send([null, { topic, payload: Buffer.from(bytes) }]);
  const uplink = config.uplink ? new Uplink(handle.session, follower, sendBytes) : undefined;
  const participant = new Participant({
    session: uplink?.session ?? handle.session,
    follower,
    trainer: trainerFor(node, config),
    onConnection: (listener) => handle.onConnection(listener),
    budgetBytes: config.budgetBytes,
    trigger: config.trigger,
    outboxFolder: join(handle.folder, 'outbox'),
    storeCapacity: config.capacity,
    store: retainedSamples.take(node.id, config.capacity),
    storeFile: config.keep ? storeFile : undefined,
    clock: systemClock,
    random: systemRandom(),
    choosePlan: choosePlanInThread(),
  });
  const stopListening = listen(RED, node, status, participant);
  // Failures of the start reach the flow as `problem`s; what is thrown beside them is logged.
  const started = participant.start().catch((error) => node.error(nodeError(RED, error), {}));

  onClose(node, async () => {
    removeFollower();
    try {
      await started;
      await participant.stop();
      retainedSamples.retain(node.id, participant.store);
      onNodeDeleted(RED, node, () => retainedSamples.forget(node.id, storeFile));
    } finally {
      stopListening();
      uplink?.stop();
      releaseRole();
      await releaseFollower();
    }
  });

  return async (incoming) => {
    const msg: TrainMessage = incoming;
    const action = actionOf(msg.action, actions);
    if (action) return act(participant, action);
    const bytes = bytesOf(msg.payload);
    if (bytes) return handle.session.receive(bytes);
    const task = follower.task;
    if (!task) throw new FtteError('not-ready', 'no task yet: the coordinator has not been heard');
    const sample = readSample(participant, msg, task, config);
    if (sample) participant.add(sample);
  };
}

/** The engine that the dialog chose, or ours with a warning where it cannot be loaded. */
function trainerFor(node: Node, { engine, budgetBytes }: TrainConfig): Trainer {
  if (engine === 'auto') return new WorkerTrainer();
  const kilobytes = Math.round(budgetBytes / 1024);
  node.warn(
    `TensorFlow is held to no budget: ${kilobytes} KB choose what is trained, the process takes hundreds of megabytes more`,
  );
  return new PreferredTrainer({
    onFallback: (reason) => node.warn(`${reason}; the engine of this package trains instead`),
  });
}

/** The sample that a message carries, if any; one that is wrong counts as refused. @throws FtteError */
function readSample(
  participant: Participant,
  msg: TrainMessage,
  task: Task,
  { unlabelled }: TrainConfig,
): Sample | undefined {
  try {
    const sample = sampleOf(msg, task);
    // Most streams are unlabelled most of the time: nothing to learn from, and no mistake.
    if (sample || unlabelled === 'count' || task.kind !== 'classification') return sample;
    throw new FtteError('not-labelled', `window has no label; the task knows ${task.labels.join(', ')}`);
  } catch (error) {
    participant.countRefused();
    throw error;
  }
}

async function act(participant: Participant, action: (typeof actions)[number]): Promise<void> {
  switch (action) {
    case 'pause':
      return participant.pause();
    case 'resume':
      return participant.resume();
    case 'forget':
      return participant.forget();
    case 'train': {
      const outcome = participant.trainNow();
      // A round that runs is what was asked for; one that the coordinator must grant is on its way.
      if (outcome === 'started' || outcome === 'asked' || outcome === 'busy') return;
      throw new FtteError('not-ready', `no round was started: ${outcome.replace(/-/g, ' ')}`, { outcome });
    }
  }
}

/** Connects what the participant tells with the flow. The result disconnects it. */
function listen(RED: NodeAPI, node: Node, status: Status, participant: Participant): () => void {
  participant.onListenerError = (error) => node.error(messageOf(error));
  const offs = [
    participant.on('status', (state) => showParticipant(status, state)),
    participant.on('round', (report) => node.send([{ topic: 'round', payload: report }, null])),
    participant.on('update', (bytes) => node.send([null, { topic: 'update', payload: Buffer.from(bytes) }])),
    participant.on('notice', ({ kind, text }) => {
      // A round left out is a full schedule, not news.
      if (kind !== 'round-skipped') node.warn(text);
    }),
    // With a message, so that Catch nodes hear of it.
    participant.on('problem', (error) => node.error(nodeError(RED, error), {})),
  ];
  showParticipant(status, participant.status);
  return () => {
    for (const off of offs) off();
  };
}
