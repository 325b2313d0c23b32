import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { ModelFollower } from '../../gateway/participant';
import { FtteError, messageOf, systemClock } from '../../gateway/platform';
import type { ReadingSource } from '../../gateway/stream';
import {
  actionOf,
  construct,
  federationOf,
  type InputHandler,
  migrationRoute,
  NodeReports,
  nodeError,
  onClose,
} from '../runtime';
import { type ReplayConfig, replayConfig } from './config';
import { packBatches, packReadings, packWindows } from './messages';
import { migrations } from './migrations';
import { openSource } from './open-source';
import type { Progress } from './player';
import { Replay } from './replay';

/** Readings per message at most, if they are sent together. */
const batchReadings = 64;
/** Node-RED makes the nodes one after the other; after this time those behind exist. */
const autoStartMs = 200;
const progressMs = 1000;

interface ReplayMessage extends NodeMessageInFlow {
  action?: unknown;
}

export = (RED: NodeAPI): void => {
  RED.nodes.registerType('ftte-replay', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => build(RED, this, reports, replayConfig(RED, this, config)));
  });
  migrationRoute(RED, 'ftte-replay', migrations);
};

function build(RED: NodeAPI, node: Node, reports: NodeReports, config: ReplayConfig): InputHandler {
  const held = config.federation === '' ? undefined : federationOf(RED, config.federation).acquireFollower();
  const waiting = new ModelWait(held?.follower);
  const replay = new Replay({
    speed: config.speed,
    loop: config.loop,
    maxBatch: config.output === 'readings' ? 1 : batchReadings,
    open: () => openSource(config),
    ready: () => waiting.known(),
    packing: (source) => packing(config, source, held?.follower),
    send: (message) => node.send([message, null]),
    clock: systemClock,
    on: reportProgress(RED, node, reports),
  });
  const autoStart = config.auto ? systemClock.after(autoStartMs, () => replay.start()) : undefined;
  if (!config.auto) reports.status.set('grey', 'ring', 'ftte-replay.status.ready');

  onClose(node, async () => {
    autoStart?.cancel();
    waiting.giveUp();
    await replay.stop();
    await held?.release();
  });

  return async (incoming) => {
    const msg: ReplayMessage = incoming;
    autoStart?.cancel();
    if (actionOf(msg.action, ['start', 'stop']) !== 'stop') return replay.start();
    waiting.giveUp();
    await replay.stop();
  };
}

function packing({ output }: ReplayConfig, source: ReadingSource, follower: ModelFollower | undefined) {
  if (output === 'readings') return packReadings(source);
  if (output === 'batches') return packBatches(source);
  const task = follower?.task;
  if (task) return packWindows(source, task);
  throw new FtteError('config-invalid', 'federation: none is chosen, but its task defines the windows', {
    field: 'federation',
  });
}

/** Shows and sends the progress. */
function reportProgress(RED: NodeAPI, node: Node, reports: NodeReports) {
  const { status } = reports;
  let reportedMs = 0;
  const show = ({ share, readings, subject = '' }: Progress) => {
    if (share === undefined)
      status.set('blue', 'dot', 'ftte-replay.status.playing-on', { readings, subject });
    else {
      const percent = Math.floor(100 * share);
      status.set('blue', 'dot', 'ftte-replay.status.playing', { percent, subject });
    }
  };
  return {
    phase: (phase: 'waiting' | 'opening' | 'stopped') =>
      status.set('grey', 'ring', `ftte-replay.status.${phase}`),
    progress: (progress: Progress) => {
      const nowMs = systemClock.now();
      if (nowMs - reportedMs < progressMs) return;
      reportedMs = nowMs;
      show(progress);
      node.send([null, { topic: 'progress', payload: progress }]);
    },
    end: (progress: Progress) => {
      status.set('grey', 'dot', 'ftte-replay.status.end');
      node.send([null, { topic: 'end', payload: progress }]);
    },
    failed: (error: unknown) => {
      status.set('red', 'ring', 'ftte-replay.status.failed');
      const reported = nodeError(RED, error);
      const code = error instanceof FtteError ? error.code : 'recording-invalid';
      node.send([null, { topic: 'error', payload: { code, message: messageOf(reported) } }]);
      // Who has started it waits for the answer.
      reports.error(error, true);
    },
  };
}

/** Waits until a federation has a model to train or predict with; without a federation there is nothing to wait for. */
class ModelWait {
  private wake: (() => void) | undefined;

  constructor(private readonly follower: ModelFollower | undefined) {}

  /** Resolves when the task is known and the first model is there (or will come with a grant), or on `giveUp`. */
  async known(): Promise<void> {
    const { follower } = this;
    if (!follower || follower.trainable) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (follower.trainable) this.wake?.();
      };
      const offs = [follower.on('version', look), follower.on('task', look)];
      this.wake = () => {
        for (const off of offs) off();
        this.wake = undefined;
        resolve();
      };
    });
  }

  giveUp(): void {
    this.wake?.();
  }
}
