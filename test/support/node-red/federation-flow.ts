import type { NodeAPI } from 'node-red';

import coordinateNode = require('../../../nodes/ftte-coordinate/ftte-coordinate');
import federationNode = require('../../../nodes/ftte-federation/ftte-federation');
import predictNode = require('../../../nodes/ftte-predict/ftte-predict');
import replayNode = require('../../../nodes/ftte-replay/ftte-replay');
import taskNode = require('../../../nodes/ftte-task/ftte-task');
import trainNode = require('../../../nodes/ftte-train/ftte-train');
import windowNode = require('../../../nodes/ftte-window/ftte-window');

/** Every node of the package, as the test helper takes them. */
export const allNodes: ((RED: NodeAPI) => void)[] = [
  federationNode,
  taskNode,
  windowNode,
  trainNode,
  predictNode,
  coordinateNode,
  replayNode,
];

export const channels = ['acc_x', 'acc_y', 'acc_z', 'gyro_x', 'gyro_y', 'gyro_z'];
export const labels = ['WALKING', 'WALKING_UPSTAIRS', 'WALKING_DOWNSTAIRS', 'SITTING', 'STANDING', 'LAYING'];
export const length = 32;

/** A small task over the synthetic wearable. */
export const task = {
  input: { channels: channels.map((name) => ({ name })), rateHz: 50, length, hop: 16 },
  labels,
  model: { preset: 'mlp', size: 'S' },
  training: { epochs: 1, minSamples: 8, learningRate: 0.02 },
  aggregation: { bufferSize: 2, maxWaitMs: 2000 },
};

type Props = Record<string, unknown>;

/** Without a place Node-RED takes a node for a config node. */
export const onTab = { z: 'tab', x: 1, y: 1 };

export const tab: Props = { id: 'tab', type: 'tab', label: 'test' };
export const taskConfig = (changes: Props = {}): Props => ({
  id: 'task',
  type: 'ftte-task',
  name: 'test',
  task: { ...task, ...changes },
});

/** The coordinator's connection, which hosts the broker. */
export const hosted = (port: number, changes: Props = {}): Props => ({
  id: 'fed-c',
  type: 'ftte-federation',
  name: 'hosted',
  federation: 'test',
  gateway: 'coordinator',
  broker: 'hosted',
  port: String(port),
  bind: '127.0.0.1',
  ...changes,
});

/** A gateway's connection to it. */
export const joined = (id: string, port: number, changes: Props = {}): Props => ({
  id,
  type: 'ftte-federation',
  name: `connection ${id}`,
  federation: 'test',
  // Not the id itself: Node-RED takes a value that is a config node's id for a reference to it.
  gateway: `at-${id}`,
  broker: 'url',
  url: `mqtt://127.0.0.1:${port}`,
  ...changes,
});

/** A node on the tab, with a helper node `<id>:<output>` on each of its outputs. */
function withOutputs(node: Props & { id: string }, outputs: number): Props[] {
  const ids = Array.from({ length: outputs }, (_, i) => `${node.id}:${i + 1}`);
  return [
    { ...onTab, wires: ids.map((id) => [id]), ...node },
    ...ids.map((id) => ({ id, type: 'helper', ...onTab })),
  ];
}

export const coordinate = (changes: Props = {}): Props[] =>
  withOutputs(
    {
      id: 'coordinate',
      type: 'ftte-coordinate',
      federation: 'fed-c',
      task: 'task',
      heldOut: '200',
      ...changes,
    },
    2,
  );

export const train = (federation: string, changes: Props & { id: string }): Props[] =>
  withOutputs(
    {
      type: 'ftte-train',
      federation,
      budget: '192',
      trigger: 'windows',
      newWindows: '16',
      capacity: '128',
      ...changes,
    },
    2,
  );

export const predict = (federation: string, changes: Props & { id: string }): Props[] =>
  withOutputs({ type: 'ftte-predict', federation, model: 'average', threshold: '', ...changes }, 1);

/** Plays made-up people as windows into `targets`. */
export const play = (
  id: string,
  federation: string,
  people: string,
  targets: string[],
  changes: Props = {},
): Props => ({
  id,
  type: 'ftte-replay',
  ...onTab,
  source: '',
  sourceType: 'synthetic',
  people,
  peopleType: 'str',
  split: 'all',
  seed: '1',
  speed: '200',
  speedType: 'num',
  output: 'windows',
  federation,
  auto: true,
  loop: true,
  wires: [targets, []],
  ...changes,
});

/** A window of one value, as a flow may send it. */
export const windowOfOnes = (value = 1): Float32Array =>
  new Float32Array(length * channels.length).fill(value);
