import { parameterLayout } from '../../gateway/model';
import { modelKey, parseTask, taskModel } from '../../gateway/task';
import type { Attack } from './attack';
import type { Attacker } from './attacker';
import type { Target } from './target';

const hostileValue = 7;
const otherLineage = 'deadbeefdeadbeef';

/** Attacks on gateways: their model, their task and samples, their waiting updates, and what their updates reveal. */
export const onGateways: readonly Attack[] = [
  {
    name: 'forged patch in the name of the coordinator',
    run: async (attacker, target) => {
      const patch = await attacker.newest('patch');
      await attacker.forge(
        'all/patch',
        patch && { ...patch, version: patch.version + 1, ...wholeModel(target) },
      );
    },
  },
  {
    name: 'forged patch in the name of a stranger',
    run: async (attacker, target) => {
      const patch = await attacker.newest('patch');
      const forged = patch && { ...patch, version: patch.version + 1, ...wholeModel(target) };
      await attacker.forge('all/patch', forged, { as: 'mallory' });
    },
  },
  {
    name: 'forged snapshot',
    run: async (attacker, target) => {
      const snapshot = await attacker.newest('snapshot');
      const values = new Float32Array(sizeOf(target)).fill(hostileValue);
      const forged = snapshot && { ...snapshot, version: 1e9, parameters: values, average: values };
      await attacker.forge('to/gw-1/snapshot', forged, { as: 'mallory' });
    },
  },
  {
    name: 'forged task with other inputs',
    run: async (attacker, target) => {
      const { task } = target;
      const channels = task.input.channels.map((channel) => ({ ...channel, name: `other ${channel.name}` }));
      await forgeTask(attacker, target, { name: 'evil', input: { ...task.input, channels } }, otherLineage);
    },
  },
  {
    name: 'forged task of another lineage, while updates wait',
    before: async (target) => {
      await target.stopCoordinator();
      await target.makeUpdates('gw-1', 4);
    },
    run: (attacker, target) => forgeTask(attacker, target, {}, otherLineage),
  },
  {
    name: 'forged task that makes a round of one sample, float32, to read it from the update',
    run: async (attacker, target) => {
      const { training, aggregation, encoding } = target.task;
      const task = {
        training: { ...training, batchSize: 1, minSamples: 1, maxSamplesPerRound: 1 },
        aggregation: { ...aggregation, participation: { kind: 'free' as const } },
        encoding: { ...encoding, update: 'float32' as const },
      };
      await forgeTask(attacker, target, task, otherLineage);
      const snapshot = await attacker.newest('snapshot');
      const values = new Float32Array(sizeOf(target)).fill(0.01);
      const forged = snapshot && {
        ...snapshot,
        lineage: otherLineage,
        version: 0,
        parameters: values,
        average: values,
      };
      await attacker.forge('to/gw-1/snapshot', forged);
      await target.makeUpdates('gw-1', 1);
    },
    changes: ['accepted', 'contributions of', 'version of', 'model of', 'samples of gw-1', 'outbox of gw-1'],
    gain: (attacker) => {
      const rounds = attacker.bodiesOf('update', 'gw-1').filter(({ lineage }) => lineage === otherLineage);
      const exact = rounds.filter(({ samples, delta }) => samples === 1 && delta.encoding === 'float32');
      return exact.length > 0 ? `${exact.length} updates of one sample each` : undefined;
    },
  },
  {
    name: 'forged answers to updates that nobody has',
    before: async (target) => {
      await target.stopCoordinator();
      await target.makeUpdates('gw-1', 4);
    },
    run: async (attacker) => {
      const ack = await attacker.newest('ack', 'gw-1');
      for (const id of attacker.updateIdsOf('gw-1')) {
        await attacker.forge('to/gw-1/ack', ack && { ...ack, id, status: 'accepted' });
      }
    },
  },
  {
    name: 'retained task, head and claim wiped',
    run: async (attacker) => {
      for (const type of ['task', 'head', 'claim'])
        await attacker.write(`all/${type}`, new Uint8Array(), true);
    },
    gain: async (attacker) => {
      const missing: string[] = [];
      for (const type of ['task', 'head', 'claim'])
        if (await attacker.isWiped(`all/${type}`)) missing.push(type);
      return missing.length > 0 ? `still wiped: ${missing.join(', ')}` : undefined;
    },
  },
  {
    name: 'reading along',
    before: async (target) => {
      await target.makeUpdates('gw-1', 1);
    },
    run: async () => undefined,
    gain: (attacker) => {
      const types = (['update', 'snapshot', 'task', 'patch'] as const).filter((type) =>
        attacker.readable(type),
      );
      return types.length > 0 ? `reads ${types.join(', ')}` : undefined;
    },
  },
];

const sizeOf = ({ task }: Target): number => parameterLayout(taskModel(task)).size;

/** A change of every parameter. */
function wholeModel(target: Target) {
  const size = sizeOf(target);
  const values = new Float32Array(size).fill(hostileValue);
  return { segments: [{ offset: 0, length: size }], delta: { encoding: 'float32' as const, values } };
}

async function forgeTask(
  attacker: Attacker,
  target: Target,
  changes: object,
  lineage: string,
): Promise<void> {
  const message = await attacker.newest('task');
  const task = parseTask({ ...target.task, ...changes });
  await attacker.forge('all/task', message && { ...message, task, modelKey: modelKey(task), lineage }, {
    retain: true,
  });
}
