import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Coordinator } from '../../../../gateway/coordinator';
import { densePlan, parameterLayout } from '../../../../gateway/model';
import { type Notice, SeededRandom } from '../../../../gateway/platform';
import { taskModel } from '../../../../gateway/task';
import type { Ack, Update } from '../../../../gateway/wire';
import { tinyTask, until } from '../../coordinator/fleet-harness';
import { ProtectedFederation, settled } from './harness';

const hex = '0123456789abcdef';
const hello = { type: 'hello', budgetBytes: 1, instance: hex, software: 'test', modelKey: '' } as const;
const task = tinyTask({ aggregation: { bufferSize: 9 } });
const layout = parameterLayout(taskModel(task));

describe('counters of updates in a protected federation (P-28, P-29)', () => {
  let folder: string;
  let all: ProtectedFederation;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-counters-'));
    all = new ProtectedFederation('sealed');
    await all.registry();
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function coordinate() {
    const { session, transport } = await all.coordinator();
    const { clock } = all;
    const random = new SeededRandom(1);
    const coordinator = new Coordinator({ session, task, folder, clock, random, claimWaitMs: 10 });
    const notices: Notice[] = [];
    coordinator.on('notice', (notice) => notices.push(notice));
    let isStarted = false;
    const started = coordinator.start().then(() => {
      isStarted = true;
    });
    await until(() => {
      clock.advance(10);
      return isStarted;
    });
    await started;
    const close = async () => {
      await coordinator.stop();
      await transport.close();
    };
    closers.push(close);
    return { coordinator, notices, close };
  }

  async function joinAs(id: string) {
    const { session, transport } = all.gateway(id);
    const acks: Ack[] = [];
    await session.subscribe('ack', (ack) => acks.push(ack));
    assert.equal(session.updateCounter, undefined, 'the coordinator has not said where to begin');
    const admission = session.admission();
    assert.ok(admission, 'nothing leaves before the welcome');
    await session.send(hello);
    await admission;
    assert.equal(session.admission(), undefined);
    /** Sends an update. @returns its answer */
    const send = async (lineage: string, number: number, counter: number | undefined) => {
      const update: Update = {
        type: 'update',
        id: number.toString(16).padStart(16, '0'),
        lineage,
        baseVersion: 0,
        plan: densePlan(layout, 1),
        delta: { encoding: 'float32', values: new Float32Array(layout.size).fill(0.1) },
        ...{ samples: 10, steps: 2, variance: 0, lossBefore: 1, lossAfter: 0.5 },
        ...(counter !== undefined && { counter }),
      };
      const before = acks.length;
      await session.send(update);
      await until(() => acks.length > before);
      return acks.at(-1)!;
    };
    closers.push(() => transport.close());
    return { session, send, close: () => transport.close() };
  }

  it('begin where the welcome says, count once, across restarts of both sides, and of two machines with one key one is refused by name', async () => {
    let hub = await coordinate();
    const { lineage } = hub.coordinator.status;
    let gateway = await joinAs('a');
    assert.equal(gateway.session.updateCounter, 0);
    assert.equal((await gateway.send(lineage, 1, 0)).status, 'accepted');
    assert.equal((await gateway.send(lineage, 1, 0)).status, 'duplicate');
    assert.equal((await gateway.send(lineage, 2, 4)).status, 'accepted');
    const bare = await gateway.send(lineage, 3, undefined);
    assert.deepEqual([bare.status, bare.reason], ['rejected', 'malformed']);
    assert.match(
      bare.detail ?? '',
      /^counter: expected one, .*\(P-28\), got none: update this gateway's package$/,
    );
    assert.equal(hub.coordinator.status.rejected['malformed'], 1);
    assert.ok(hub.notices.some(({ code, text }) => code === 'update-rejected' && text.includes('P-28')));
    assert.equal((await gateway.send(lineage, 2, undefined)).status, 'duplicate', 'it has counted');
    await gateway.close();
    gateway = await joinAs('a');
    assert.equal(gateway.session.updateCounter, 5);

    await hub.close();
    hub = await coordinate();
    await until(() => gateway.session.admission() === undefined);
    assert.equal(gateway.session.updateCounter, 5);
    assert.equal((await gateway.send(lineage, 2, 4)).status, 'duplicate');
    const other = await gateway.send(lineage, 9, 4);
    assert.deepEqual([other.status, other.reason], ['rejected', 'second-machine']);
    assert.match(other.detail ?? '', /Two machines use one key.*or a backup was restored/);
    assert.equal((await gateway.send(lineage, 9, 3)).status, 'accepted', 'it was overtaken');
    const notice = hub.notices.find(({ code }) => code === 'twin-gateway');
    assert.match(
      notice?.text ?? '',
      /an update of a is refused: second-machine: .*two machines use one key/i,
    );
    assert.equal(hub.coordinator.status.accepted, 3);
  });

  it('are all that counts: of what nobody has sealed, the coordinator says that it comes, for a minute, and goes on', async () => {
    const hub = await coordinate();
    const { lineage } = hub.coordinator.status;
    const gateway = await joinAs('a');
    const outsider = await all.outsider();
    const topic = 'ftte/v1/clinic/gw/a/update';
    for (let i = 0; i < 2; i++) await outsider.publish(topic, new Uint8Array(40).fill(i), { qos: 1 });
    await settled();
    assert.equal(hub.coordinator.status.unknown, undefined, 'two may be a fault');
    await outsider.publish(topic, new Uint8Array(40), { qos: 1 });
    await settled();
    assert.deepEqual(hub.coordinator.status.unknown, { count: 3, lastMs: all.clock.now() });
    const said = hub.notices.filter(({ code }) => code === 'unknown-messages');
    assert.match(
      said[0]?.text ?? '',
      /^messages come that no member has signed or sealed, .*gw\/a\/update: /,
    );
    assert.equal(said.length, 1);
    assert.equal((await gateway.send(lineage, 1, 0)).status, 'accepted');
    all.clock.advance(60_001);
    assert.equal(hub.coordinator.status.unknown, undefined);
  });
});
