import assert from 'node:assert/strict';
import type { CoordinatorNeed, CoordinatorStatus } from '../../../gateway/coordinator';
import { type NoticeCode, VirtualClock } from '../../../gateway/platform';
import { CoordinatorStatusLine } from '../../../nodes/ftte-coordinate/coordinator-status';
import { Status } from '../../../nodes/runtime';
import { FakeNode, nodeCatalog } from '../../support/node-red/fake-node';

const RED = nodeCatalog('ftte-coordinate');

const gateway = (id: number) => ({
  id: `gw-${id}`,
  online: true,
  budgetBytes: 1,
  contributions: 0,
  lastHeardMs: 0,
});
const working: CoordinatorStatus = {
  phase: 'collecting',
  online: true,
  lineage: '0123456789abcdef',
  version: 12,
  buffered: 0,
  bufferSize: 3,
  gateways: [gateway(1), gateway(2), { ...gateway(3), online: false }],
  heldOut: 0,
  missingWindows: 0,
  accepted: 0,
  rejected: {},
  waiting: undefined,
  problem: undefined,
  unsent: undefined,
};

const nowMs = 100_000;

/** The line of a status, with the quality of its version. */
function line(
  changes: Partial<CoordinatorStatus>,
  quality: object = { balancedAccuracy: 0.91 },
  fault?: NoticeCode,
) {
  const fake = new FakeNode('node1', 'ftte-coordinate');
  const clock = new VirtualClock();
  const status = new Status(RED, fake.node, clock);
  const shown = new CoordinatorStatusLine();
  shown.version({ average: quality, current: undefined, lineage: working.lineage } as never);
  status.show(shown.look({ ...working, ...changes }, fault, nowMs));
  const last = fake.statuses.at(-1);
  assert.ok(typeof last === 'object');
  return last;
}

const waits = (need: CoordinatorNeed, seconds: number) => ({
  waiting: { for: need, sinceMs: nowMs - 1000 * seconds },
});

describe("the coordinator's status", () => {
  it('is red while the ledger of the privacy budget cannot be trusted', () => {
    const privacy = { epsilon: 8, delta: 1e-5, spentEpsilon: 1, spentGateways: 0 };
    const broken = { ...privacy, problem: 'privacy-ledger.bin: it has changed on disk' };
    assert.deepEqual(line({ privacy: broken }), { fill: 'red', shape: 'ring', text: 'ledger broken' });
    assert.equal(line({ privacy: { ...privacy, problem: undefined } }).fill, 'green');
    assert.equal(line({ privacy: broken, phase: 'stopped' }).fill, 'grey');
  });

  it('says that messages of strangers come', () => {
    assert.deepEqual(line({ unknown: { count: 3, lastMs: nowMs } }), {
      fill: 'yellow',
      shape: 'dot',
      text: 'unknown messages',
    });
  });

  it('says of a region whether it is cut off, and whether anything has come from above', () => {
    const region = {
      ...{
        federation: 'hospital',
        online: true,
        version: 3,
        unsentVersions: 0,
        updateWaits: false,
        counted: 0,
      },
      sendsAfter: { versions: 1, ms: 60_000 },
    };
    assert.equal(line({ region }).text, 'v12 0.91 2 gateways');
    const cutOff = { region: { ...region, online: false } };
    assert.deepEqual(line(cutOff), { fill: 'yellow', shape: 'ring', text: 'v12 cut off' });
    assert.equal(line({ ...cutOff, ...waits('gateways', 40) }).text, 'v12 cut off');
    assert.equal(line({ ...cutOff, online: false, ...waits('broker', 40) }).text, 'no broker for 40 s');
    assert.equal(line({ ...cutOff, phase: 'paused' }).text, 'paused v12');
    const { text } = line({ region, phase: 'starting', lineage: '', version: 0 });
    assert.equal(text, 'waiting for task');
  });

  it('shows version, quality and gateways online', () => {
    assert.deepEqual(line({}), { fill: 'green', shape: 'dot', text: 'v12 0.91 2 gateways' });
    // Windows of one label alone judge nothing.
    assert.equal(line({}, { balancedAccuracy: 1, chance: 1 }).text, line({}, {}).text);
    assert.equal(line({}, { meanAbsoluteError: 0.314 }).text, 'v12 ±0.31 2 gw');
    assert.equal(line({}, {}).text, 'v12, 2 gateways');
  });

  it('says that it connects, if the broker cannot be reached', () => {
    const connecting = { fill: 'yellow', shape: 'ring', text: 'connecting' };
    assert.deepEqual(line({ online: false, ...waits('broker', 0) }), connecting);
    assert.equal(
      line({ online: false, phase: 'starting', ...waits('broker', 34) }).text,
      'no broker for 30 s',
    );
    assert.equal(line({ online: false, phase: 'paused' }).text, 'paused v12');
  });

  it('says in red what a person has to do about the connection', () => {
    const refused = { fill: 'red', shape: 'ring', text: 'bad password' };
    assert.deepEqual(line({ online: false, ...waits('broker', 34) }, {}, 'broker-credentials'), refused);
  });

  it('is yellow while nothing is learned, first with the version and after 10 s with the reason', () => {
    assert.deepEqual(line(waits('gateways', 5)), {
      fill: 'yellow',
      shape: 'ring',
      text: 'v12 0.91 2 gateways',
    });
    assert.equal(line(waits('gateways', 10)).text, 'no gateway for 10 s');
    assert.equal(line(waits('updates', 90)).text, 'no update for 90 s');
    assert.equal(line(waits('usable-updates', 90)).text, 'updates refused');
  });

  it('counts the rounds that run and the gateways that wait for one, if rounds are granted', () => {
    assert.equal(line({ granted: { running: 5, waiting: 35 } }).text, 'v12 0.91 5+35 gw');
    assert.equal(line({ granted: { running: 0, waiting: 0 } }, {}).text, 'v12, 0+0 gateways');
  });

  it('is never cut, with the largest fleet that is granted rounds', () => {
    const text = line({ version: 9999, granted: { running: 50, waiting: 950 } }).text ?? '';
    assert.equal(text, 'v9999 0.91 50+950 gw');
  });

  it('counts the windows that a warm start still needs, and says why it stays away', () => {
    assert.equal(line({ phase: 'warming', missingWindows: 40 }).text, 'needs 40 windows');
    assert.equal(line({ phase: 'warming', missingWindows: 0 }).text, 'warm start');
    assert.deepEqual(line({ phase: 'refused' }), { fill: 'red', shape: 'ring', text: 'refused' });
  });
});
