import { equal, ok, rejects } from 'node:assert/strict';
import type { FederationCoordinator } from '../../../gateway';
import { feed, Roles, task, until } from './roles';

describe('a region through the front door', () => {
  const roles = new Roles();
  const region = (more: object = {}): Promise<FederationCoordinator> =>
    roles.coordinator({
      federation: 'clinic',
      task: undefined,
      partOf: { federation: 'demo', broker: roles.broker, id: 'clinic', everyVersions: 1 },
      ...more,
    });

  it('trains with the task and for the model of the federation above', async () => {
    const hub = await roles.coordinator();
    const clinic = await region({ folder: roles.folder, membership: 'open' });
    equal(clinic.task.name, hub.task.name);
    const edge = await roles.member({ federation: 'clinic' });
    feed(edge, 8, 4);
    await until(hub, ({ version }) => version > 0);
    equal(hub.status.gateways[0]?.id, 'clinic');
    await until(clinic, ({ region }) => (region?.version ?? 0) > 0);
    ok((clinic.status.region?.counted ?? 0) > 0);
  });

  it('throws when the task above is not that of the region', async () => {
    await roles.coordinator();
    const other = { ...task, training: { ...task.training, batchSize: 4 } };
    await rejects(region({ task: other }), {
      code: 'task-refused',
      message: /training\.batchSize: expected 8, got 4/,
    });
  });

  it('names an option of the federation above that is wrong', async () => {
    await rejects(region({ partOf: { federation: 'demo', broker: roles.broker, id: 'clinic', evry: 1 } }), {
      code: 'config-invalid',
      message: /^partOf\.evry/,
    });
    await rejects(region({ partOf: { federation: 'demo', broker: roles.broker } }), {
      code: 'config-invalid',
      message: /^partOf\.id/,
    });
  });

  it('refuses parameters of its own, and itself as the federation above', async () => {
    await rejects(region({ initial: new Float32Array(2) }), {
      code: 'config-invalid',
      message: /^initial: expected no parameters/,
    });
    await rejects(region({ partOf: { federation: 'clinic', broker: roles.broker, id: 'clinic' } }), {
      code: 'config-invalid',
      message: /^partOf\.federation: expected another federation/,
    });
    const [broker, same] = ['mqtt://127.0.0.1:1883', 'mqtt://me:secret@127.0.0.1'];
    const partOf = { federation: 'clinic', broker: same, id: 'clinic' };
    await rejects(region({ broker, membership: 'open', partOf }), { message: /^partOf\.federation/ });
  });
});
