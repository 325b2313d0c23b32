import assert from 'node:assert/strict';
import type { CoordinatorStatus, GatewayStatus, VersionReport } from '../../../../gateway/coordinator';
import { metricsText } from '../../../../gateway/monitoring';
import { FtteError } from '../../../../gateway/platform';
import { parseTask } from '../../../../gateway/task';
import { CoordinatorMonitor, CoordinatorRecord, type Look } from '../../../../nodes/runtime';

const task = parseTask({
  name: 'test',
  input: { channels: [{ name: 'x' }], rateHz: 50, length: 32, hop: 16 },
  labels: ['idle', 'shake'],
  model: { preset: 'mlp', size: 'S' },
});

const gateway = (id: string, more: Partial<GatewayStatus> = {}): GatewayStatus => ({
  ...{ id, online: true, budgetBytes: 1024, contributions: 0, lastHeardMs: 5 },
  ...more,
});

const status: CoordinatorStatus = {
  phase: 'collecting',
  online: true,
  lineage: 'l1',
  version: 1,
  buffered: 0,
  bufferSize: 2,
  gateways: [gateway('a'), gateway('b')],
  heldOut: 10,
  missingWindows: 0,
  accepted: 0,
  rejected: { malformed: 1, 'too-old': 2 },
  waiting: undefined,
  problem: undefined,
  unsent: undefined,
};

const contribution = (name: string, more: object = {}) => ({
  ...{ gateway: name, samples: 10, age: 1, variance: 1, weight: 0.5, bytes: 100, trainedShare: 0.25 },
  ...more,
});

const quality = {
  windows: 10,
  loss: 0.5,
  accuracy: 0.8,
  balancedAccuracy: 0.75,
  chance: 0.5,
  recalls: { idle: 1, shake: 0.5 },
};

const report = (version: number, more: Partial<VersionReport> = {}): VersionReport => ({
  lineage: 'l1',
  version,
  modelKey: 'k',
  current: undefined,
  average: {
    ...quality,
    confusion: [
      [5, 0],
      [2, 3],
    ],
  },
  best: { version: 1, balancedAccuracy: 0.75 },
  contributions: [
    contribution('a', { lossBefore: 2, lossAfter: 1 }),
    contribution('b', { samples: 30, lossBefore: 4, lossAfter: 3 }),
  ],
  cause: 'full',
  updateBytes: 200,
  patchBytes: 50,
  gatewaysOnline: 2,
  durationMs: 1000,
  ...more,
});

describe('the monitor of a coordinator', () => {
  let now = 1000;
  let current = status;
  let look: Look | undefined;
  let monitor: CoordinatorMonitor;
  let record: CoordinatorRecord;
  const create = () =>
    new CoordinatorMonitor(
      {
        head: { id: 'n', kind: 'coordinator', name: '', federation: 'f', gateway: 'c' },
        model: () => ({ task, parameters: 100 }),
        status: () => current,
        look: () =>
          look ?? { fill: 'green', shape: 'dot', key: 'version', words: { version: current.version } },
        now: () => now,
        act: async () => undefined,
        files: async () => ({}),
      },
      record,
    );
  beforeEach(() => {
    now = 1000;
    current = status;
    look = undefined;
    record = new CoordinatorRecord();
    monitor = create();
  });

  it('has the values of each version as columns, with the losses of gateways weighted by their samples', () => {
    monitor.version(report(1));
    monitor.version(report(2, { average: undefined, contributions: [] }));
    const { curve } = monitor.snapshot() as { curve: Record<string, unknown> };
    assert.deepEqual(curve['version'], [1, 2]);
    assert.deepEqual(curve['accuracy'], [0.75, null]);
    assert.deepEqual(curve['chance'], [0.5, null]);
    assert.deepEqual(curve['lossBefore'], [3.5, null]);
    assert.deepEqual(curve['lossAfter'], [2.5, null]);
    assert.deepEqual(curve['updateBytes'], [200, 200]);
    assert.deepEqual(curve['recalls'], { idle: [1, null], shake: [0.5, null] });
  });

  it('has the gateways with the facts of their newest contribution', () => {
    monitor.version(report(1));
    const { gateways } = monitor.snapshot() as unknown as { gateways: { id: string; last: object }[] };
    assert.deepEqual(gateways[0]?.last, {
      ...{ version: 1, timeMs: 1000, samples: 10, age: 1, bytes: 100 },
      ...{ trainedShare: 0.25, lossBefore: 2, lossAfter: 1 },
    });
  });

  it('gives what has changed since somebody watches, and nothing twice', () => {
    monitor.version(report(1));
    monitor.begin();
    assert.ok('status' in (monitor.changes() ?? {}), 'the state once');
    assert.equal(monitor.changes(), undefined);
    monitor.version(report(2, { contributions: [contribution('b')] }));
    monitor.notice({ code: 'rate', level: 'warning', text: 'slow', count: 1 });
    current = { ...status, version: 2 };
    const changes = monitor.changes() as Record<string, unknown>;
    assert.deepEqual((changes['points'] as Record<string, unknown>)['version'], [2]);
    assert.deepEqual((changes['status'] as Record<string, unknown>)['version'], 2);
    assert.deepEqual(
      (changes['newEvents'] as { code: string }[]).map(({ code }) => code),
      ['rate'],
    );
    assert.deepEqual(
      (changes['changedGateways'] as { id: string }[]).map(({ id }) => id),
      ['b'],
    );
    assert.equal(monitor.changes(), undefined);
  });

  it('names gateways that are forgotten', () => {
    monitor.begin();
    monitor.changes();
    current = { ...status, gateways: [status.gateways[1]!] };
    assert.deepEqual(monitor.changes()?.['goneGateways'], ['a']);
  });

  it('begins the curve again with a new lineage, and sends it as a whole', () => {
    monitor.version(report(7));
    monitor.begin();
    monitor.changes();
    monitor.version(report(1, { lineage: 'l2' }));
    const { curve } = monitor.changes() as { curve: Record<string, unknown> };
    assert.deepEqual(curve['version'], [1]);
  });

  it('counts for Prometheus what happened before a deploy, too, and takes a red status for a fault', () => {
    monitor.version(report(1));
    monitor.problem(new FtteError('storage', 'the disk is full'));
    const after = create();
    after.version(report(2));
    const { role, health } = after.reading();
    const text = metricsText([role], { nowMs: now });
    assert.match(text, /^ftte_coordinator_versions_total\{federation="f",cause="full"\} 2$/m);
    assert.match(text, /^ftte_coordinator_notices_total\{federation="f",code="storage",level="error"\} 1$/m);
    assert.deepEqual(health, { isFaulty: false, reason: 'learning' });
    look = { fill: 'red', shape: 'ring', key: 'broker-credentials' };
    assert.deepEqual(after.reading().health, { isFaulty: true, reason: 'broker-credentials' });
  });

  it('says why storage fails, for a sentence in the language of the editor', () => {
    const text = 'the log at db is read-only';
    current = { ...status, problem: text };
    const ofState = () => monitor.snapshot()['status'] as Record<string, unknown>;
    assert.equal(ofState()['problemCause'], undefined);
    monitor.problem(new FtteError('storage', text, { reason: 'EROFS' }));
    assert.deepEqual([ofState()['problemCode'], ofState()['problemCause']], ['storage', 'read-only']);
    monitor.problem(new FtteError('config-invalid', text, { field: 'storage', reason: 'package' }));
    assert.deepEqual([ofState()['problemCode'], ofState()['problemCause']], ['config-invalid', 'package']);
  });

  it('keeps the curve over a deploy, which makes another monitor', () => {
    monitor.version(report(1));
    const { curve } = create().snapshot() as { curve: Record<string, unknown> };
    assert.deepEqual(curve['version'], [1]);
  });

  it('lists 500 gateways of a large fleet, those that are online first', () => {
    const many = Array.from({ length: 2000 }, (_, i) =>
      gateway(`g${i}`, { online: i >= 1900, lastHeardMs: i }),
    );
    current = { ...status, gateways: many };
    const { gateways, status: shown } = monitor.snapshot() as unknown as {
      gateways: GatewayStatus[];
      status: { online: number; known: number };
    };
    assert.equal(gateways.length, 500);
    assert.ok(gateways.slice(0, 100).every(({ online }) => online));
    assert.equal(gateways[100]?.id, 'g1899');
    assert.deepEqual([shown.online, shown.known], [100, 2000]);
  });

  it('sends the changes of a large fleet in several messages, and loses none', () => {
    const fleet = (lastHeardMs: number) =>
      Array.from({ length: 1200 }, (_, i) => gateway(`g${i}`, { lastHeardMs }));
    current = { ...status, gateways: fleet(1) };
    monitor.begin();
    current = { ...status, gateways: fleet(2) };
    const ids = new Set<string>();
    const sizes: number[] = [];
    for (let changes = monitor.changes(); changes; changes = monitor.changes()) {
      const rows = (changes['changedGateways'] ?? []) as GatewayStatus[];
      sizes.push(rows.length);
      for (const { id } of rows) ids.add(id);
    }
    assert.deepEqual(sizes, [500, 500, 200]);
    assert.equal(ids.size, 1200);
  });
});
