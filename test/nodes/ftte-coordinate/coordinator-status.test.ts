import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CoordinatorStatus } from '../../../gateway/coordinator';
import { VirtualClock } from '../../../gateway/platform';
import { CoordinatorStatusLine } from '../../../nodes/ftte-coordinate/coordinator-status';
import { Status } from '../../../nodes/runtime';
import { catalog, FakeNode } from '../../support/node-red/fake-node';

const words = join(__dirname, '../../../nodes/ftte-coordinate/locales/en-US/ftte-coordinate.json');
const { status: texts } = JSON.parse(readFileSync(words, 'utf8'))['ftte-coordinate'] as {
  status: Record<string, string>;
};
const RED = catalog(
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [`ftte-coordinate.status.${key}`, text])),
);

const gateway = (id: number) => ({ id: `gw-${id}`, online: true, budgetBytes: 1, contributions: 0 });
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
  problem: undefined,
};

/** The line of a status, with the quality of its version. */
function line(changes: Partial<CoordinatorStatus>, quality: object = { balancedAccuracy: 0.91 }) {
  const fake = new FakeNode();
  const clock = new VirtualClock();
  const status = new CoordinatorStatusLine(new Status(RED, fake.node, clock));
  const state = { ...working, ...changes };
  status.update(state);
  status.version({ average: quality, current: undefined } as never);
  clock.advance(1000);
  const last = fake.statuses.at(-1);
  assert.ok(typeof last === 'object');
  return last;
}

describe("the coordinator's status", () => {
  it('shows version, quality and gateways online', () => {
    assert.deepEqual(line({}), { fill: 'green', shape: 'dot', text: 'v12 0.91 2 gw' });
    assert.equal(line({}, { meanAbsoluteError: 0.314 }).text, 'v12 ±0.31 2 gw');
    assert.equal(line({}, {}).text, 'v12 2 gw');
  });

  it('says that it connects, if the broker cannot be reached', () => {
    assert.deepEqual(line({ online: false }), { fill: 'yellow', shape: 'ring', text: 'v12 connecting' });
    assert.equal(line({ online: false, phase: 'starting' }).text, 'connecting');
    assert.equal(line({ online: false, phase: 'paused' }).text, 'paused v12');
  });

  it('counts the rounds that run and the gateways that wait for one, if rounds are granted', () => {
    assert.equal(line({ granted: { running: 5, waiting: 35 } }).text, 'v12 0.91 5+35 gw');
    assert.equal(line({ granted: { running: 0, waiting: 0 } }, {}).text, 'v12 0+0 gw');
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
