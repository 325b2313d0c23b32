import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { type LabelledWindow, Windower } from '../../gateway/stream';
import { type Task, taskSampleRows } from '../../gateway/task';
import { construct, federationOf, type InputHandler, migrationRoute, onClose, Status } from '../runtime';
import { windowConfig } from './config';
import { migrations } from './migrations';
import { OwnLabels } from './own-labels';

/** A message with what windows and readings carry beside the payload. */
interface StreamMessage extends NodeMessageInFlow {
  label?: unknown;
  subject?: unknown;
  reset?: unknown;
}

export = (RED: NodeAPI): void => {
  RED.nodes.registerType('ftte-window', function (this: Node, config: NodeDef) {
    RED.nodes.createNode(this, config);
    const status = new Status(RED, this);
    construct(RED, this, status, () => build(RED, this, status, config));
  });
  migrationRoute(RED, 'ftte-window', migrations);
};

function build(RED: NodeAPI, node: Node, status: Status, config: NodeDef): InputHandler {
  const settings = windowConfig(config);
  const own = settings.input ? new OwnLabels() : undefined;
  let input: Task['input'] | undefined;
  let windower: Windower | undefined;
  /** Readings that a sample holds after its window. */
  let rowsAfter = 0;
  let windows = 0;
  let restarts = 0;

  const showCounts = () =>
    status.set('green', 'dot', `ftte-window.status.${restarts > 0 ? 'restarts' : 'windows'}`, {
      windows,
      restarts,
    });
  const cutAs = (shape: Task['input'], labels: readonly string[], following: number) => {
    input = shape;
    rowsAfter = following;
    windower = new Windower({
      input: shape,
      labels,
      following,
      maxFill: settings.maxFill,
      onRestart: ({ reason }) => {
        // A new subject is a new stream, nothing went wrong.
        if (reason === 'subject') return;
        restarts++;
        showCounts();
      },
    });
    showCounts();
  };

  if (own && settings.input) cutAs(settings.input, own.names, 0);
  else {
    followTask(RED, node, settings.federation, {
      onTask: (task) => cutAs(task.input, task.labels, taskSampleRows(task) - task.input.length),
      onConnection: (online) => {
        if (windower) return;
        if (online) status.set('grey', 'ring', 'ftte-window.status.waiting');
        else status.set('yellow', 'ring', 'ftte-window.status.connecting');
      },
    });
  }

  const labelIn = (msg: StreamMessage): unknown => {
    const { label, labelType } = settings;
    if (labelType === 'none') return undefined;
    if (labelType === 'msg') return RED.util.getMessageProperty(msg, label || 'label');
    return RED.util.evaluateNodeProperty(label, labelType, node, msg);
  };
  const timeIn = (msg: StreamMessage): unknown =>
    settings.timestampType === 'none'
      ? undefined
      : RED.util.getMessageProperty(msg, settings.timestamp || 'timestamp');

  return (incoming, send) => {
    const msg: StreamMessage = incoming;
    if (msg.reset !== undefined) {
      windower?.reset();
      return;
    }
    if (!windower || !input) return;
    const label = labelIn(msg);
    const finished = windower.push(msg.payload, {
      topic: msg.topic,
      label: own ? own.name(label) : label,
      time: timeIn(msg),
      subject: typeof msg.subject === 'string' ? msg.subject : undefined,
    });
    if (finished.length === 0) return;
    const { normalisation, channels, length } = input;
    finished.forEach((window, i) => {
      const { payload: _, ...rest } = msg;
      // Messages of their own: what one branch of the flow changes must not appear in the next window.
      const carried = i === finished.length - 1 ? rest : RED.util.cloneMessage(rest as NodeMessageInFlow);
      const message = windowMessage(carried, window, [length, channels.length], own);
      if (normalisation === 'window' && rowsAfter > 0) message['scaling'] = window.scaling;
      send(message);
    });
    windows += finished.length;
    showCounts();
  };
}

function windowMessage(carried: object, window: LabelledWindow, shape: number[], own: OwnLabels | undefined) {
  const { labelName, endMs, sample } = window;
  const label = labelName === undefined ? undefined : (own?.value(labelName) ?? labelName);
  const msg: Record<string, unknown> = { ...carried, payload: window.window, shape };
  // The last reading's label is not the window's: readings of a window may disagree.
  if (label === undefined) delete msg.label;
  else msg.label = label;
  if (endMs !== undefined) msg.timestamp = endMs;
  if (sample) msg.sample = sample;
  return msg;
}

interface TaskListener {
  /** The federation's task: now if it is known, and each time it comes with another shape. */
  readonly onTask: (task: Task) => void;
  /** Now, and at each change. */
  readonly onConnection: (online: boolean) => void;
}

function followTask(RED: NodeAPI, node: Node, federation: string, listener: TaskListener): void {
  const handle = federationOf(RED, federation);
  const { follower, release } = handle.acquireFollower();
  let known = '';
  const take = (task: Task) => {
    const shape = JSON.stringify([task.input, task.labels, taskSampleRows(task)]);
    if (shape === known) return;
    known = shape;
    listener.onTask(task);
  };
  const off = follower.on('task', ({ task }) => take(task));
  if (follower.task) take(follower.task);
  const offConnection = handle.onConnection((state) => listener.onConnection(state === 'online'));
  onClose(node, async () => {
    off();
    offConnection();
    await release();
  });
}
