import { basename } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import type { ModelFollower } from '../../gateway/participant';
import { FtteError, systemClock } from '../../gateway/platform';
import { arrivingInput, type ReadingSource } from '../../gateway/stream';
import type { Task } from '../../gateway/task';
import {
  actionOf,
  ConnectionWatch,
  construct,
  federationOf,
  fromUserDir,
  type InputHandler,
  migrationRoute,
  NodeReports,
  onClose,
  reportSourceEnd,
  StatusWatch,
} from '../runtime';
import { type ReplayConfig, replayConfig, type SourceConfig } from './config';
import { packBatches, packReadings, packWindows } from './messages';
import { migrations } from './migrations';
import { openSource, type SourceContext } from './open-source';
import type { Progress } from './player';
import { Replay } from './replay';
import { ReplayStatusLine } from './replay-status';

/** Readings per message at most, if they are sent together. */
const batchReadings = 64;
/** Node-RED makes the nodes one after the other; after this time those behind exist. */
const autoStartMs = 200;
/** Milliseconds between two messages about the progress. */
const progressMs = 1000;
/** Readings per second of a source without a rate, if no task gives one. */
const defaultRateHz = 50;

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
  const handle = config.federation === '' ? undefined : federationOf(RED, config.federation);
  const held = handle?.acquireFollower();
  const connection = handle && new ConnectionWatch(handle, () => watch.update());
  const line = new ReplayStatusLine(reports.clock, nameOf(config.source), held?.follower, connection);
  const watch = new StatusWatch(node, reports, () => line.look(), handle?.federation);
  const waiting = new ModelWait(held?.follower);
  const context = (): SourceContext => ({
    absolute: (path) => fromUserDir(RED, path),
    channels: arrivingNames(held?.follower.task),
    onRecognised: (text) => node.log(text),
    onNotice: ({ level, text }) => {
      if (level === 'error') reports.error(new FtteError('recording-invalid', text));
      else reports.warn(text, 'recording-invalid');
    },
  });
  const replay = new Replay({
    speed: config.speed,
    loop: config.loop,
    maxBatch: config.output === 'readings' ? 1 : batchReadings,
    open: () => openSource(config, context()),
    ready: () => waiting.known(),
    packing: (source) => packing(config, source, held?.follower, reports),
    rateHz: () => held?.follower.task?.input.rateHz ?? defaultRateHz,
    send: (message) => node.send([message, null]),
    clock: systemClock,
    on: reportProgress(RED, node, reports, line, watch),
  });
  const autoStart = config.auto ? systemClock.after(autoStartMs, () => replay.start()) : undefined;

  onClose(node, async () => {
    autoStart?.cancel();
    waiting.giveUp();
    connection?.stop();
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

function packing(
  { output }: ReplayConfig,
  source: ReadingSource,
  follower: ModelFollower | undefined,
  reports: NodeReports,
) {
  if (output === 'readings') return packReadings(source);
  if (output === 'batches') return packBatches(source);
  const task = follower?.task;
  if (task) return packWindows(source, task, (text, code) => reports.warn(text, code));
  throw new FtteError('config-invalid', 'federation: none is chosen, but its task defines the windows', {
    field: 'federation',
  });
}

/** Shows and sends the progress. */
function reportProgress(
  RED: NodeAPI,
  node: Node,
  reports: NodeReports,
  line: ReplayStatusLine,
  watch: StatusWatch,
) {
  let reportedMs = 0;
  const phase = (phase: Parameters<ReplayStatusLine['phase']>[0]) => {
    line.phase(phase);
    watch.update();
  };
  return {
    phase,
    progress: (progress: Progress) => {
      const nowMs = systemClock.now();
      if (nowMs - reportedMs < progressMs) return;
      reportedMs = nowMs;
      line.progress(progress);
      watch.update();
      node.send([null, { topic: 'progress', payload: progress }]);
    },
    end: (progress: Progress) => {
      phase('end');
      reportSourceEnd(RED, node);
      node.send([null, { topic: 'end', payload: progress }]);
    },
    interrupted: (error: unknown) => reports.error(error),
    failed: (error: unknown) => {
      phase('failed');
      const code = error instanceof FtteError ? error.code : 'recording-invalid';
      const { message } = reports.translated(error);
      node.send([null, { topic: 'error', payload: { code, message } }]);
      // The sender of the action waits for the answer.
      reports.error(error, true);
    },
  };
}

/** Names of the channels that the readings of a task have. */
const arrivingNames = (task: Task | undefined) =>
  task && arrivingInput(task.input).channels.map(({ name }) => name);

/** The name of a file or folder, for the status. */
function nameOf(source: SourceConfig): string {
  return 'path' in source ? basename(source.path) : '';
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
