import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import { WorkerTrainer } from '../../gateway/engine';
import type { ModelFollower } from '../../gateway/participant';
import { FtteError } from '../../gateway/platform';
import { Predictor } from '../../gateway/prediction';
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
  StatusWatch,
  scalingOf,
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
  const predictor = new Predictor({
    follower,
    trainer: new WorkerTrainer(),
    use: settings.model,
    thresholdFile,
    log: reports.log,
  });
  const line = new PredictorStatusLine(follower, reports.clock);
  const connection = new ConnectionWatch(handle, () => watch.update());
  const watch = new StatusWatch(node, reports, () => line.look(connection), handle.federation);
  const offs = [follower.on('task', () => watch.update()), follower.on('version', () => watch.update())];
  predictor.start();
  onClose(node, async () => {
    for (const off of offs) off();
    connection.stop();
    try {
      await predictor.stop();
      onNodeDeleted(RED, node, () => rm(thresholdFile, { force: true }));
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
