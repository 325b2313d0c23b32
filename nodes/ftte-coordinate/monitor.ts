import type { Node, NodeAPI } from 'node-red';
import type { CoordinatorRole } from '../../gateway/coordinator';
import { parameterLayout } from '../../gateway/model';
import { type Clock, type FtteError, systemRandom } from '../../gateway/platform';
import { type Task, taskModel } from '../../gateway/task';
import {
  type CoordinatorAction,
  CoordinatorMonitor,
  CoordinatorRecord,
  exportModel,
  type FederationHandle,
  HistoryFile,
  type Look,
  monitors,
  Records,
  userFolder,
} from '../runtime';

/** The record of each coordinator of this Node-RED. */
export const records = new Records(() => new CoordinatorRecord());

/** Options of the monitor of a coordinator. */
export interface CoordinatorWatch {
  readonly RED: NodeAPI;
  readonly node: Node;
  readonly handle: FederationHandle;
  readonly coordinator: CoordinatorRole;
  /** The task; undefined before the federation above of a region has said it. */
  task(): Task | undefined;
  readonly clock: Clock;
  look(): Look | undefined;
  act(action: CoordinatorAction, version: number | undefined): Promise<void>;
  /** The disk does not take the history. */
  onStorage(problem: FtteError): void;
}

/** Path of the history of a coordinator. */
export const historyPath = (RED: NodeAPI, node: Node) => userFolder(RED, node, 'history.json');

/** Shows a coordinator in the sidebar. @returns ends that; resolves when its history is on disk */
export function watchCoordinator(watch: CoordinatorWatch): () => Promise<void> {
  const { RED, node, handle, coordinator, clock } = watch;
  const model = sizedModel(watch);
  const record = records.of(node.id);
  const file = new HistoryFile({
    ...{ path: historyPath(RED, node), record, clock, random: systemRandom() },
    onStorage: (problem) => problem && watch.onStorage(problem),
  });
  const reading = file.start();
  const monitor = new CoordinatorMonitor(
    {
      head: {
        id: node.id,
        kind: 'coordinator',
        name: node.name ?? '',
        federation: handle.federation,
        gateway: handle.gatewayId,
      },
      model,
      status: () => coordinator.status,
      look: watch.look,
      now: () => clock.now(),
      act: watch.act,
      files: async () =>
        (await exportModel(RED, { ...coordinator.export(), task: coordinator.task }, undefined))
          .files as Files,
    },
    record,
  );
  const offs = [
    coordinator.on('version', (report) => monitor.version(report)),
    coordinator.on('notice', (notice) => monitor.notice(notice)),
    coordinator.on('problem', (error) => monitor.problem(error)),
    monitors.add(monitor),
  ];
  return async () => {
    for (const off of offs) off();
    await reading;
    await file.stop();
  };
}

/** The task with the number of its parameters, which is counted once per task. */
function sizedModel(watch: CoordinatorWatch): () => { task: Task; parameters: number } | undefined {
  let known: { task: Task; parameters: number } | undefined;
  return () => {
    const task = watch.task();
    if (task !== known?.task) known = task && { task, parameters: parameterLayout(taskModel(task)).size };
    return known;
  };
}

/** Without a path, the files are Buffers. */
type Files = Readonly<Record<string, Uint8Array>>;
