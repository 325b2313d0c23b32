import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { WorkerTrainer } from '../../gateway/engine';
import type { ModelFollower } from '../../gateway/participant';
import { eraseFile, FtteError, systemClock, systemRandom } from '../../gateway/platform';
import { PersonalModel, Predictor } from '../../gateway/prediction';
import {
  bytesOf,
  ConnectionWatch,
  cancelDeletion,
  construct,
  exportModel,
  federationOf,
  type InputHandler,
  type ModelVersion,
  migrationRoute,
  NodeReports,
  onClose,
  onNodeDeleted,
  planThread,
  StatusWatch,
  scalingOf,
  storageKey,
  userFolder,
  type WindowMessage,
  windowOf,
} from '../runtime';
import { answer } from './answer';
import { predictConfig } from './config';
import { migrations } from './migrations';
import { PredictorStatusLine } from './predictor-status';

interface PredictMessage extends WindowMessage {
  action?: unknown;
  path?: unknown;
}

export = (RED: NodeAPI): void => {
  RED.nodes.registerType('ftte-predict', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => build(RED, this, reports, config));
  });
  migrationRoute(RED, 'ftte-predict', migrations);
};

function build(RED: NodeAPI, node: Node, reports: NodeReports, config: NodeDef): InputHandler {
  const settings = predictConfig(config);
  const handle = federationOf(RED, settings.federation);
  const { follower, release } = handle.acquireFollower();
  const thresholdFile = join(userFolder(RED, node), 'threshold.bin');
  cancelDeletion(node);
  const { ownSamples } = handle;
  const ownFile = ownSamples.fileOf(node.id);
  const personal =
    settings.personal === 'off'
      ? undefined
      : new PersonalModel({
          follower,
          use: settings.model,
          samples: () => ownSamples.windows?.store,
          createTrainer: () => new WorkerTrainer(),
          choosePlan: (request) => planThread.plan(request),
          budgetBytes: () => ownSamples.windows?.budgetBytes ?? 0,
          file: ownFile,
          keep: () => ownSamples.windows?.keep ?? true,
          storageKey: storageKey(RED),
          clock: systemClock,
          random: systemRandom(),
          log: reports.log,
        });
  const predictor = new Predictor({
    follower,
    personal,
    trainer: new WorkerTrainer(),
    use: settings.model,
    thresholdFile,
    log: reports.log,
  });
  const line = new PredictorStatusLine(follower, reports.clock);
  const connection = new ConnectionWatch(handle, () => watch.update());
  const watch = new StatusWatch(node, reports, () => line.look(connection), handle.federation);
  const offs = [follower.on('task', () => watch.update()), follower.on('version', () => watch.update())];
  if (personal) offs.push(ownSamples.onForget(() => personal.forget()));
  predictor.start();
  // It reports its failures itself, in the log of the node.
  void personal?.start();
  onClose(node, async () => {
    for (const off of offs) off();
    connection.stop();
    try {
      await predictor.stop();
      await personal?.stop();
      onNodeDeleted(RED, node, async () => {
        await rm(thresholdFile, { force: true });
        await eraseFile(ownFile);
      });
    } finally {
      await release();
    }
  });

  return async (incoming, send) => {
    const msg: PredictMessage = incoming;
    // Other actions are for other nodes of the flow.
    if (msg.action === 'export') {
      const payload = await exportModel(RED, heldModel(follower, settings.model), msg.path);
      return send({ ...msg, topic: 'export', payload });
    }
    if (msg.action === 'report') {
      const off = { model: 'shared', reason: 'the setting "Own model" of this node is off' };
      return send({ ...msg, topic: 'report', payload: personal?.report ?? off });
    }
    const bytes = bytesOf(msg.payload);
    if (bytes) return handle.receive(bytes);
    if (!follower.task || follower.version < 0) {
      throw new FtteError(
        'not-ready',
        'no model yet: windows are left out until the first model has arrived',
      );
    }
    const window = windowOf(msg.payload, follower.task.input);
    const { timestamp } = msg;
    const prediction = await predictor.predict(window, {
      scaling: scalingOf(msg),
      ...(typeof timestamp === 'number' && Number.isFinite(timestamp) && { endMs: timestamp }),
    });
    const { payload, shown } = answer(prediction, settings.threshold);
    line.answered({ ...shown, shape: 'dot', words: { ...shown.words, version: prediction.version } });
    watch.update();
    // The window node adds these for this node only.
    const { scaling: _, sample: __, ...rest } = msg;
    send({ ...rest, payload });
  };
}

/** The version that this gateway holds, copied. @throws FtteError `not-ready` */
function heldModel(follower: ModelFollower, use: 'average' | 'current'): ModelVersion {
  const { task, lineage, version, parameters, average } = follower;
  const values = use === 'average' ? average : parameters;
  if (task && lineage !== undefined && values) return { task, lineage, version, parameters: values.slice() };
  throw new FtteError('not-ready', 'there is no model yet that could be exported');
}
