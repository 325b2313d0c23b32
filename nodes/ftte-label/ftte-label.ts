import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { type LabelFields, Labeller, readLabelAction } from '../../gateway/stream';
import {
  construct,
  type InputHandler,
  migrationRoute,
  NodeReports,
  onClose,
  type Send,
  StatusWatch,
} from '../runtime';
import { type LabelConfig, labelConfig } from './config';
import { labelLook } from './label-status';
import { migrations } from './migrations';

/** A message with readings, or with an action. */
interface LabelMessage extends NodeMessageInFlow, Omit<LabelFields, 'label'> {
  label?: unknown;
}

/** A message that waits to leave. */
interface Leaving {
  readonly msg: LabelMessage;
  readonly payload: unknown;
  readonly subject: unknown;
  readonly send: Send;
  readonly done: () => void;
}

/** The status says for 10 s that too many messages are held back. */
const fullMs = 10_000;

export = (RED: NodeAPI): void => {
  RED.nodes.registerType('ftte-label', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => labelNode(this, reports, labelConfig(config)));
  });
  migrationRoute(RED, 'ftte-label', migrations);
};

/** Puts labels on the messages that pass a node. @returns the handler of its messages */
function labelNode(node: Node, reports: NodeReports, { holdMs }: LabelConfig): InputHandler {
  const { clock } = reports;
  let fullSinceMs: number | undefined;
  const labeller = new Labeller<Leaving>({
    clock,
    holdMs,
    pass: ({ msg, send, done }, label) => {
      if (label !== undefined) msg.label = label;
      send(msg);
      done();
    },
    onFull: () => {
      fullSinceMs = clock.now();
      reports.warn('more readings come than can be held back: the oldest leave early', 'hold-full');
    },
  });
  const isFull = () => fullSinceMs !== undefined && clock.now() - fullSinceMs < fullMs;
  const watch = new StatusWatch(node, reports, () => labelLook(labeller.state, isFull(), clock.now()));
  onClose(node, () => labeller.stop());

  return (msg: LabelMessage, send) => {
    const action = readLabelAction(msg);
    if (!action) {
      const { payload, subject } = msg;
      return new Promise((done) => labeller.take({ msg, payload, subject, send, done }));
    }
    try {
      labeller.act(action);
    } finally {
      watch.update();
    }
    return undefined;
  };
}
