import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import {
  type CoordinatorRole,
  createRole,
  heldOutFile,
  type LogAddress,
  type ModelStart,
  modelStart,
  openSharedLog,
} from '../../gateway/coordinator';
import { WorkerTrainer } from '../../gateway/engine';
import { readInitialParameters } from '../../gateway/interchange';
import { eraseFile, messageOf, type Notice, yieldToEventLoop } from '../../gateway/platform';
import { Region } from '../../gateway/region';
import { codeOfRefused } from '../../gateway/session';
import { type Sample, textOf } from '../../gateway/stream';
import { modelKey, parametersFingerprint, type Task, taskSampleRows } from '../../gateway/task';
import {
  actionOf,
  bytesOf,
  ConnectionWatch,
  cancelDeletion,
  construct,
  exportModel,
  type FederationHandle,
  federationOf,
  fromUserDir,
  type InputHandler,
  isWired,
  type MemberRequest,
  migrationRoute,
  NodeReports,
  onClose,
  onNodeDeleted,
  runningModels,
  StatusWatch,
  sampleOf,
  taskNode,
  userFolder,
  type WindowMessage,
} from '../runtime';
import { act, actions, isMemberAction, membersAnswer } from './actions';
import { type CoordinateConfig, coordinateConfig, type LogCredentials, logOf } from './config';
import { CoordinatorStatusLine } from './coordinator-status';
import { Downlink } from './downlink';
import { migrations } from './migrations';
import { historyPath, records, watchCoordinator } from './monitor';
import { joinAbove } from './region';

interface CoordinateMessage extends WindowMessage, MemberRequest {
  subject?: unknown;
  unusual?: unknown;
  action?: unknown;
  version?: unknown;
  model?: unknown;
  path?: unknown;
}

export = (RED: NodeAPI): void => {
  function FtteCoordinate(this: Node<LogCredentials>, config: NodeDef): void {
    RED.nodes.createNode(this, config);
    const reports = new NodeReports(RED, this);
    construct(this, reports, () => build(RED, this, reports, config));
  }
  RED.nodes.registerType<Node<LogCredentials>, NodeDef, unknown, LogCredentials>(
    'ftte-coordinate',
    FtteCoordinate,
    { credentials: { logUser: { type: 'text' }, logPassword: { type: 'password' } } },
  );
  migrationRoute(RED, 'ftte-coordinate', migrations);
};

function build(
  RED: NodeAPI,
  node: Node<LogCredentials>,
  reports: NodeReports,
  config: NodeDef,
): InputHandler {
  const settings = coordinateConfig(config);
  const toMessages = isWired(config, 2);
  const folder = join(userFolder(RED, node), 'coordinator');
  if (settings.above !== '') {
    const own = settings.task === '' ? undefined : taskNode(RED, settings.task).task;
    return coordinate(RED, node, reports, settings, { task: own }, folder, toMessages, undefined);
  }
  const { task, modelChange } = taskNode(RED, settings.task);
  const log = logOf(settings, node.credentials ?? {});
  const begin = (start: ModelStart) =>
    coordinate(RED, node, reports, settings, start, folder, toMessages, log);
  // Most deploys continue the model that the folder holds, and need no other file.
  const isKnown = log !== undefined || !existsSync(folder) || existsSync(join(folder, modelKey(task)));
  if (settings.start === '' && isKnown) return begin({ task });
  // Messages wait for the files: what the model starts from is part of its identity.
  let closed = false;
  const start =
    settings.start === ''
      ? modelStart(folder, task, modelChange, yieldToEventLoop)
      : startOfFile(fromUserDir(RED, settings.start), task);
  const opened = start.then((known) => (closed ? () => undefined : begin(known)));
  opened.catch((error) => {
    reports.logError(error);
    reports.status.set('red', 'ring', 'config');
  });
  onClose(node, async () => {
    closed = true;
    await opened.catch(() => undefined);
  });
  return async (msg, send) => (await opened)(msg, send);
}

/** The model of a file that a person names. @throws FtteError as `readInitialParameters` */
async function startOfFile(path: string, task: Task): Promise<ModelStart> {
  const initial = await readInitialParameters(path, task);
  return { task: { ...task, initial: parametersFingerprint(initial) }, initial };
}

const silentOutput =
  'output 3 has a wire and sends nothing, expected none: this federation has invitations, and messages by a wire are neither signed nor sealed';

/** Runs a step of building. A node that cannot be built keeps no role from the node that replaces it. @throws FtteError */
function orRelease<T>(release: () => void, step: () => T): T {
  try {
    return step();
  } catch (error) {
    release();
    throw error;
  }
}

/** The model of a node: that of its task, or for a region that of the federation above, with a task of its own or none. */
type Start =
  | ModelStart
  | { readonly task: Task | undefined; readonly initial?: never; readonly carried?: never };

/** @param folder of the coordinator's models */
function coordinate(
  RED: NodeAPI,
  node: Node,
  reports: NodeReports,
  settings: CoordinateConfig,
  { task: ownTask, initial, carried }: Start,
  folder: string,
  toMessages: boolean,
  log: LogAddress | undefined,
): InputHandler {
  const handle = federationOf(RED, settings.federation);
  const sharedLog = log && openSharedLog(log, handle.federation, yieldToEventLoop);
  const releaseRole = handle.acquireRole('coordinator', node);
  const downlink = toMessages
    ? new Downlink(handle.session, (msg) => node.send([null, null, msg]))
    : undefined;
  if (downlink && handle.session.hasMembers) reports.warn(silentOutput, 'message-invalid');
  cancelDeletion(node);
  const larger = settings.above
    ? orRelease(releaseRole, () => joinAbove(RED, node, settings.above, handle, () => watch.update()))
    : undefined;
  const heldOutBytesOf = (of: Task) => settings.heldOut * sampleBytes(of);
  const options = {
    session: downlink?.session ?? handle.session,
    folder,
    createTrainer: () => new WorkerTrainer(),
    onConnection: (listener: Parameters<FederationHandle['onConnection']>[0]) =>
      handle.onConnection(listener),
    log: reports.log,
    yieldToEventLoop,
    counts: (gateway: string) => handle.counts(gateway),
  };
  const coordinator: CoordinatorRole = larger
    ? new Region({ ...options, task: ownTask, above: larger.above, heldOutBytesOf })
    : orRelease(releaseRole, () =>
        createRole({
          ...options,
          // Only a region may have no task of its own.
          ...{ task: ownTask as Task, heldOutBytes: heldOutBytesOf(ownTask as Task) },
          ...(initial && { initial }),
          ...(sharedLog && { sharedLog }),
        }),
      );
  const knownTask = () => (larger && coordinator.status.lineage === '' ? undefined : coordinator.task);
  const forgetModel = larger
    ? () => undefined
    : runningModels.add(settings.task, () => {
        const { importance, status: now } = coordinator;
        return { task: coordinator.task, importance, version: now.version };
      });
  const shown = new CoordinatorStatusLine();
  const connection = new ConnectionWatch(handle);
  const look = () =>
    shown.look(coordinator.status, connection.fault, reports.clock.now(), larger?.connection.fault);
  const watch = new StatusWatch(node, reports, look, handle.federation);
  const stopMonitor = watchCoordinator({
    ...{ RED, node, handle, coordinator, look, task: knownTask, clock: reports.clock },
    act: (action, version) => act(coordinator, action, { version }),
    onStorage: ({ message }) => reports.warn(message, 'storage'),
  });
  const failed = (error: unknown) => {
    shown.failed(error);
    watch.update();
    reports.error(error);
  };
  const noticed = (notice: Notice) => {
    // Who comes and goes is shown by the status; the log of a large fleet has room for more important things.
    if (!isMembership(notice)) reports.say(notice);
    node.send([null, { topic: notice.code, payload: notice }]);
  };
  const ends = [
    listen(node, reports, shown, watch, coordinator, noticed, failed),
    handle.onRefused((refused) => {
      const { gateway, reason, text } = refused;
      coordinator.say({ code: codeOfRefused(refused), level: 'warning', text, details: { gateway, reason } });
    }),
    ...(larger ? [larger.onStanding((notice) => coordinator.say(notice))] : []),
  ];
  let closed: () => void = () => undefined;
  const ending = new Promise<'closed'>((resolve) => {
    closed = () => resolve('closed');
  });
  // Without its members, a coordinator would drop their contributions.
  const started = Promise.race([Promise.all([handle.opened, larger?.opened]), ending])
    .then(async (end) => {
      if (end === 'closed') return;
      const off = handle.members?.onRevoked((id) => coordinator.exclude(id));
      if (off) ends.push(off);
      await coordinator.start();
      if (!carried) return;
      const { text, ...details } = carried;
      noticed({ code: 'carried-over', level: 'warning', text, count: 1, details });
    })
    .catch(failed);

  onClose(node, async () => {
    closed();
    try {
      // The stop ends a start that still waits for the broker.
      await coordinator.stop();
      await started;
      onNodeDeleted(RED, node, () => {
        records.forget(node.id);
        return Promise.all([
          eraseFile(join(folder, heldOutFile), true),
          eraseFile(historyPath(RED, node), true),
        ]).then(() => undefined);
      });
    } finally {
      const saved = stopMonitor();
      for (const end of ends) end();
      connection.stop();
      forgetModel();
      releaseRole();
      await larger?.release();
      await saved;
    }
  });

  return async (incoming, send) => {
    const msg: CoordinateMessage = incoming;
    const action = actionOf(msg.action, actions);
    if (action === 'export') {
      const model = coordinator.export(msg.model === 'current' ? 'current' : 'average');
      const payload = await exportModel(RED, { ...model, task: coordinator.task }, msg.path);
      return send([{ ...msg, topic: 'export', payload } as NodeMessageInFlow, null]);
    }
    // A copy, because the flow may change what it gets.
    if (action === 'status')
      return send([
        { ...msg, topic: action, payload: structuredClone(coordinator.status) } as NodeMessageInFlow,
        null,
      ]);
    if (isMemberAction(action)) {
      const payload = await membersAnswer(handle, { ...msg, action });
      return send([{ ...msg, topic: action, payload } as NodeMessageInFlow, null]);
    }
    if (action) return act(coordinator, action, msg);
    const bytes = bytesOf(msg.payload);
    if (bytes) {
      if (handle.membership === 'open') coordinator.receive(bytes);
      else handle.receive(bytes);
      downlink?.received(bytes);
      return;
    }
    const sample = sampleOf(msg, coordinator.task);
    // A window over two activities has no label, so nothing is measured with it; that is no error.
    if (sample) coordinator.addHeldOut({ ...sample, ...knownOf(msg) });
  };
}

/** The facts of a held-out window besides its label. */
function knownOf({ subject, unusual }: CoordinateMessage): Pick<Sample, 'subject' | 'unusual'> {
  const person = textOf(subject);
  return { ...(person !== undefined && { subject: person }), ...(unusual === true && { unusual }) };
}

/** Connects the events of the coordinator with the flow. @returns disconnects them */
function listen(
  node: Node,
  { log }: NodeReports,
  line: CoordinatorStatusLine,
  watch: StatusWatch,
  coordinator: CoordinatorRole,
  noticed: (notice: Notice) => void,
  failed: (error: unknown) => void,
): () => void {
  coordinator.onListenerError = (error) => log.error(messageOf(error), 'unexpected');
  const offs = [
    coordinator.on('status', () => watch.update()),
    coordinator.on('version', (report) => {
      line.version(report);
      watch.update();
      node.send([{ topic: 'version', payload: report }, null]);
    }),
    coordinator.on('notice', noticed),
    coordinator.on('problem', failed),
  ];
  return () => {
    for (const off of offs) off();
  };
}

const isMembership = ({ code }: Notice) => code.startsWith('gateway-');

function sampleBytes(task: Task): number {
  return taskSampleRows(task) * task.input.channels.length * Float32Array.BYTES_PER_ELEMENT;
}
