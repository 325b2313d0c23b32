import { deepEqual, equal, rejects } from 'node:assert/strict';
import { createCoordinator } from '../../../../gateway/client';
import { openSharedLog, type SharedLog } from '../../../../gateway/coordinator/storage';
import { contribution } from '../aggregation/contributions';
import { tinyTask } from '../fleet-harness';
import { itIsAnUpdateLog } from './update-log-contract';

const lineage = '0123456789abcdef';
export const update = (sequence: number, gateway = 'a') => ({
  lineage,
  contribution: contribution([sequence], { sequence, gateway, id: sequence.toString(16).padStart(16, '0') }),
});

/** Tests of a log on a server, and of its lease. */
export function itIsASharedLog(url: () => string): void {
  const opened: SharedLog[] = [];
  let count = 0;
  let federation = '';
  const shared = (leaseMs = 60_000, name = federation) => {
    const log = openSharedLog(url(), name, undefined, { leaseMs, patienceMs: 5_000 });
    opened.push(log);
    return log;
  };
  beforeEach(() => {
    federation = `clinic ${++count}.*>`;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((log) => log.close()));
  });

  /** Leads as the coordinator `a`, in a run that may be the one before. */
  const leading = async (run = 'run-a') => {
    const log = shared();
    equal(await log.lease.take({ coordinator: 'a', run }), undefined);
    return log;
  };

  itIsAnUpdateLog(() => ({ open: async () => (await leading()).of('0123456789abcdef') }));

  it('names the leader to another coordinator, which leads when the lease is given up', async () => {
    const [first, second] = [await leading(), shared()];
    const leader = await second.lease.take({ coordinator: 'b', run: 'run-b' });
    equal(leader?.coordinator, 'a');
    equal(Math.abs(Date.now() - (leader?.sinceMs ?? 0)) < 600_000, true);
    equal(await first.lease.renew(), true);
    equal(await second.lease.renew(), false);
    await first.lease.give();
    equal(await second.lease.take({ coordinator: 'b', run: 'run-b' }), undefined);
    equal(await first.lease.renew(), false);
  });

  it('lets another coordinator lead when the lease was not renewed', async () => {
    const [first, second] = [shared(300), shared(300)];
    equal(await first.lease.take({ coordinator: 'a', run: 'run-a' }), undefined);
    while (await second.lease.take({ coordinator: 'b', run: 'run-b' }))
      await new Promise((r) => setTimeout(r, 50));
    equal(await first.lease.renew(), false);
    equal(await second.lease.renew(), true);
  });

  it('lets a coordinator lead that has seen no renewal for long, whatever the clock of the server says, and no other', async () => {
    const [first, second] = [await leading(), shared()];
    const b = { coordinator: 'b', run: 'run-b' };
    const { renewal } = (await second.lease.take(b))!;
    equal((await second.lease.take(b))?.renewal, renewal);
    equal(await first.lease.renew(), true);
    const later = await second.lease.take(b, renewal);
    equal(later?.coordinator, 'a');
    equal(await second.lease.take(b, later?.renewal), undefined);
    equal(await first.lease.renew(), false);
    equal(await second.lease.renew(), true);
  });

  it('takes nothing from a coordinator that was replaced, and keeps what it had taken', async () => {
    const first = await leading('run-a');
    const old = first.of('model');
    await old.read();
    await old.append([update(1)]);
    await old.checkpoint(() => old.files.write('version-000000001.ckpt', [Uint8Array.of(1)]));
    await first.lease.give();
    const second = shared();
    await second.lease.take({ coordinator: 'b', run: 'run-b' });
    const log = second.of('model');
    deepEqual((await log.read()).entries.length, 1);
    const refused = {
      code: 'storage',
      message: /takes nothing from this coordinator: another one has taken the lead/,
    };
    await rejects(old.append([update(2)]), refused);
    await rejects(
      old.checkpoint(() => old.files.write('version-000000001.ckpt', [Uint8Array.of(9)])),
      refused,
    );
    await log.append([update(3, 'b')]);
    await rejects(old.append([update(2)]), refused);
    deepEqual([...(await log.files.read('version-000000001.ckpt'))], [1]);
    await second.close();
    const third = await shared();
    await third.lease.take({ coordinator: 'b', run: 'run-b' });
    const found = await third.of('model').read();
    deepEqual(
      found.entries.map(({ contribution: one }) => one.sequence),
      [1, 3],
    );
  });

  it('leaves nothing of a checkpoint that failed in the middle', async () => {
    const log = (await leading()).of('model');
    await log.checkpoint(() => log.files.write('version-000000001.ckpt', [Uint8Array.of(1)]));
    const failed = log.checkpoint(async () => {
      await log.files.write('version-000000002.ckpt', [Uint8Array.of(2)]);
      await log.files.remove('version-000000001.ckpt');
      throw new Error('the power failed');
    });
    await rejects(failed, /the power failed/);
    deepEqual(await log.files.list(), ['version-000000001.ckpt']);
    await log.checkpoint(() => log.files.write('version-000000002.ckpt', [Uint8Array.of(3)]));
    const next = (await leading()).of('model');
    deepEqual((await next.files.list()).sort(), ['version-000000001.ckpt', 'version-000000002.ckpt']);
    deepEqual([...(await next.files.read('version-000000002.ckpt'))], [3]);
  });

  it('lets a second coordinator of the front door go on when the first one is closed', async () => {
    const coordinator = (id: string) =>
      createCoordinator({
        ...{
          federation: 'clinic',
          broker: `memory:two-of-${new URL(url()).port}`,
          membership: 'open',
          leaseWaitMs: 10,
        },
        ...{ id, task: tinyTask(), storage: url() },
      });
    const first = await coordinator('hub-1');
    const second = await coordinator('hub-2');
    const { lineage, shared: log } = first.status;
    equal(log?.leads, true);
    equal(second.status.phase, 'standby');
    equal(second.status.shared?.leader?.coordinator, 'hub-1');
    const leads = new Promise<void>((resolve) => {
      second.on('status', ({ phase }) => phase === 'collecting' && resolve());
    });
    await first.close();
    await leads;
    equal(second.status.lineage, lineage);
    equal(second.status.shared?.leader?.coordinator, 'hub-2');
    await second.close();
  });

  it('keeps federations and models apart', async () => {
    const one = (await leading()).of('model');
    await one.read();
    await one.append([update(1)]);
    const other = shared(60_000, `${federation} other`);
    equal(await other.lease.take({ coordinator: 'a', run: 'run-a' }), undefined);
    for (const log of [other.of('model'), (await leading()).of('another')]) {
      deepEqual((await log.read()).entries, []);
      deepEqual(await log.append([update(1)]), []);
      await log.close();
    }
  });
}
