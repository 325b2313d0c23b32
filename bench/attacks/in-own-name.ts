import { densePlan, parameterLayout } from '../../gateway/model';
import { taskModel } from '../../gateway/task';
import type { BodyOf } from '../../gateway/wire';
import type { Attack } from './attack';
import type { Attacker } from './attacker';
import type { Target } from './target';

/** Attacks that need no forged name: the attacker lies in its own, which only a member can. */
export const inOwnName: readonly Attack[] = [
  {
    name: 'own update that claims 2^50 samples and no variance',
    run: (attacker, target) =>
      sendOwn(attacker, target, 1, { samples: 2 ** 50, steps: 2 ** 50, variance: 0 }),
  },
  {
    name: 'own updates with NaN',
    run: (attacker, target) => sendOwn(attacker, target, 3, {}, Number.NaN),
  },
  {
    name: 'own updates of a huge norm',
    run: (attacker, target) => sendOwn(attacker, target, 3, {}, 1e30),
  },
  {
    name: 'own updates that pull every parameter to one side',
    run: (attacker, target) => sendOwn(attacker, target, 10, {}, 7),
  },
  {
    name: 'own update, sent ten times',
    run: async (attacker, target) => {
      for (let i = 0; i < 10; i++) await sendOwn(attacker, target, 1);
    },
  },
  {
    name: 'own updates of a future version',
    run: (attacker, target) => sendOwn(attacker, target, 3, { baseVersion: 1_000_000 }),
  },
  {
    name: 'flood of 12 000 own requests that name no lineage',
    run: async (attacker) => {
      const ready = {
        federation: 'attacked',
        sender: attacker.id,
        sequence: 1,
        type: 'ready',
        lineage: '0'.repeat(16),
        ready: false,
        follows: true,
        anchorId: '',
      };
      for (let i = 0; i < 120; i++)
        await Promise.all(
          Array.from({ length: 100 }, () => attacker.forge(`gw/${attacker.id}/ready`, ready as never)),
        );
    },
  },
  {
    name: 'flood of 500 own requests for the model',
    run: async (attacker) => {
      const sync = {
        federation: 'attacked',
        sender: attacker.id,
        sequence: 1,
        type: 'sync',
        lineage: '',
        version: -1,
      };
      for (let i = 0; i < 500; i++) await attacker.forge(`gw/${attacker.id}/sync`, sync as never);
    },
  },
];

/** Sends updates in the name of the attacker. Equal calls send equal ids. */
async function sendOwn(
  attacker: Attacker,
  target: Target,
  count: number,
  changes: Partial<BodyOf<'update'>> = {},
  value = 0.01,
): Promise<void> {
  const update = await attacker.newest('update');
  if (!update) return;
  const layout = parameterLayout(taskModel(target.task));
  const values = new Float32Array(layout.size).fill(value);
  for (let i = 0; i < count; i++) {
    const forged = {
      ...update,
      id: `${i}`.padStart(16, 'f'),
      plan: densePlan(layout, 4),
      delta: { encoding: 'float32' as const, values },
      ...changes,
    };
    await attacker.forge(`gw/${attacker.id}/update`, forged, { as: attacker.id });
  }
}
