import { densePlan, parameterLayout } from '../../gateway/model';
import { taskModel } from '../../gateway/task';
import type { Attack } from './attack';
import type { Attacker } from './attacker';
import { coordinatorId, type Target } from './target';

const hostileValue = 7;
const manyNames = 210;

/** Attacks on the coordinator: its lease, its versions, its members, and the model through updates. */
export const onCoordinator: readonly Attack[] = [
  {
    name: 'forged claim of another coordinator',
    run: async (attacker) => {
      const claim = await attacker.newest('claim');
      await attacker.forge('all/claim', claim && { ...claim, instance: 'x', since: 0 }, { as: 'mallory' });
    },
  },
  {
    name: 'forged claim in the name of the coordinator',
    run: async (attacker) => {
      const claim = await attacker.newest('claim');
      await attacker.forge('all/claim', claim && { ...claim, instance: 'zzz', since: 2 ** 50 });
    },
  },
  {
    name: 'forged claim that stays, before the coordinator starts again',
    before: (target) => target.stopCoordinator(),
    run: async (attacker, target) => {
      const claim = await attacker.newest('claim');
      const forged = claim && { ...claim, instance: 'x', since: 0, active: true };
      await attacker.forge('all/claim', forged, { as: 'mallory', retain: true });
      const presence = await attacker.newest('presence');
      const online = presence && { ...presence, online: true };
      await attacker.forge('gw/mallory/presence', online, { as: 'mallory', retain: true });
      await target.startCoordinator().catch(() => undefined);
    },
  },
  {
    name: 'forged head that skips a million versions',
    run: async (attacker) => {
      const head = await attacker.newest('head');
      await attacker.forge('all/head', head && { ...head, version: head.version + 1_000_000 });
    },
  },
  {
    name: 'update in the name of a gateway',
    run: async (attacker, target) => {
      await sendHostileUpdates(attacker, target, 'gw-2', 2);
    },
  },
  {
    name: 'updates of a gateway that nobody invited',
    run: async (attacker, target) => {
      const hello = await attacker.newest('hello', 'gw-1');
      await attacker.forge('gw/mallory/hello', hello, { as: 'mallory' });
      await sendHostileUpdates(attacker, target, 'mallory', 10);
    },
  },
  {
    name: 'replay of an update that was counted',
    run: async (attacker) => {
      for (const { bytes } of attacker.bytesOf('update', 'gw-1'))
        await attacker.write('gw/gw-1/update', bytes);
    },
  },
  {
    name: 'replay of an update after 70 others',
    settings: { bufferSize: 100 },
    before: async (target) => {
      await target.makeUpdates('gw-1', 70);
    },
    run: async (attacker) => {
      const [first] = attacker.bytesOf('update', 'gw-1');
      if (first) await attacker.write('gw/gw-1/update', first.bytes);
    },
  },
  {
    name: `hellos of ${manyNames} invented gateways`,
    run: async (attacker) => {
      const hello = await attacker.newest('hello', 'gw-1');
      for (let i = 0; i < manyNames; i++) {
        await attacker.forge(`gw/invented-${i}/hello`, hello, { as: `invented-${i}`, retain: true });
      }
    },
  },
  {
    name: 'forged absence of a gateway',
    run: async (attacker) => {
      const presence = await attacker.newest('presence', 'gw-1');
      const gone = presence && { ...presence, online: false };
      await attacker.forge('gw/gw-1/presence', gone, { as: 'gw-1', retain: true });
    },
  },
  {
    name: 'forged absence of the coordinator',
    run: async (attacker) => {
      const presence = await attacker.newest('presence', 'gw-1');
      const gone = presence && { ...presence, online: false };
      await attacker.forge(`gw/${coordinatorId}/presence`, gone, { as: coordinatorId, retain: true });
    },
  },
];

/** Sends updates that pull every parameter to one side, with the weight that an attacker would like to have. */
async function sendHostileUpdates(
  attacker: Attacker,
  target: Target,
  sender: string,
  count: number,
): Promise<void> {
  const update = await attacker.newest('update');
  if (!update) return;
  const layout = parameterLayout(taskModel(target.task));
  const values = new Float32Array(layout.size).fill(hostileValue);
  for (let i = 0; i < count; i++) {
    const forged = {
      ...update,
      id: `${i}`.padStart(16, 'e'),
      plan: densePlan(layout, 4),
      delta: { encoding: 'float32' as const, values },
      samples: 2 ** 50,
      steps: 2 ** 50,
      variance: 0,
    };
    await attacker.forge(`gw/${sender}/update`, forged, { as: sender });
  }
}
