import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/support/free-port';
import { isBuilt } from '../../tools/support/linked-package';
import { type NodeRedProcess, startNodeRed } from '../support/node-red/node-red-process';
import { aMoment } from '../support/waiting';

type FlowNode = { id: string; type: string } & Record<string, unknown>;

const folder = join(__dirname, '..', '..', 'examples');
const example = (name: string): FlowNode[] => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
const files = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));

/** The place of a group. */
interface Box {
  readonly y: number;
  readonly h: number;
}

/** The place of a node: about as wide as the editor draws it, with the button of an inject node. */
function boxOf({ id, type, ...node }: FlowNode) {
  const { name, x, y, g } = node as { name?: string; x: number; y: number; g?: string };
  const half = Math.max(100, 50 + 6 * (name || type).length) / 2;
  return { id, left: x - half - (type === 'inject' ? 25 : 0), right: x + half, y, group: g };
}

/** As imported, but for debug nodes, which print to the log. */
const printed = (flows: FlowNode[]): FlowNode[] =>
  flows.map((node) => (node.type === 'debug' ? { ...node, active: true, console: 'true' } : node));

/** As imported, but for what keeps tests apart: the broker's port, and debug nodes that print to the log. */
function prepared(flows: FlowNode[], port: number): FlowNode[] {
  return printed(flows).map((node) => {
    if (node.type !== 'ftte-federation') return node;
    return node['broker'] === 'hosted'
      ? { ...node, port: String(port) }
      : { ...node, url: `mqtt://127.0.0.1:${port}` };
  });
}

/** No recordings, whatever the tests' own environment says: the people are made up. */
const env = { FTTE_DATA: '' };
const mistake = /\[error\]/;
/** The line that a debug node prints for the report of a version. */
const version = (least: number) => new RegExp(`^\\s+version: ([${least}-9]|\\d\\d+),`);

describe('the example flows', function () {
  this.timeout(300_000);
  const running: NodeRedProcess[] = [];
  const start = async (flows: FlowNode[], more: Record<string, string> = {}) => {
    const process = await startNodeRed({ flows, env: { ...env, ...more } });
    running.push(process);
    return process;
  };
  before(function () {
    if (!isBuilt()) this.skip();
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
  });

  for (const name of files) {
    it(`"${name}" is wired to nodes that are there, and says what to do`, () => {
      const flows = example(name);
      const ids = new Set(flows.map(({ id }) => id));
      assert.equal(ids.size, flows.length, 'no id twice');
      for (const node of flows) {
        for (const target of (node['wires'] as string[][] | undefined)?.flat() ?? [])
          assert.ok(ids.has(target));
        const { z, federation, task, group, page, ui, theme } = node;
        const configs = [z !== undefined && federation, z !== undefined && task, group, page, ui, theme];
        for (const config of configs.filter(Boolean))
          assert.ok(ids.has(String(config)), `${node.id} ${config}`);
      }
      assert.ok(flows.some(({ type, info }) => type === 'comment' && String(info).length > 100));
      assert.ok(flows.some(({ type }) => type === 'catch'));
      if (/ecg|vitals|stress/i.test(name))
        assert.ok(
          flows.some(({ type, info }) => type === 'comment' && /no medical device/.test(String(info))),
        );
    });

    it(`"${name}" has its nodes apart from each other, and none outside of its group`, () => {
      const flows = example(name);
      const boxes = flows.filter((node) => node['x'] !== undefined && node.type !== 'group').map(boxOf);
      for (const [i, one] of boxes.entries()) {
        for (const other of boxes.slice(i + 1))
          assert.ok(
            one.right < other.left || other.right < one.left || Math.abs(one.y - other.y) >= 40,
            `${one.id} and ${other.id}`,
          );
        const group = flows.find(({ id }) => id === one.group) as (FlowNode & Box) | undefined;
        if (group) assert.ok(one.y > group.y + 20 && one.y < group.y + group.h - 15, one.id);
      }
    });
  }

  it('"01 - Wearables on one machine" trains three gateways and predicts what a person does', async () => {
    const red = await start(prepared(example('01 - Wearables on one machine'), await freePort()));
    await red.line(version(3));
    await red.line(/balancedAccuracy: 0\.\d+/);
    await red.line(/gatewaysOnline: 3/);
    assert.doesNotMatch(red.output(), mistake);
  });

  it('"04 - Vitals forecast" learns without labels, and predicts the heart rate in half a minute', async () => {
    const red = await start(prepared(example('04 - Vitals forecast'), await freePort()));
    await red.line(version(3));
    await red.line(/meanAbsoluteError: 0\.\d+/);
    await red.line(/\d bpm in 30 s/);
    assert.doesNotMatch(red.output(), mistake);
  });

  it('"05 - ECG anomalies" learns without labels, and raises an alarm if a heart beats out of turn', async () => {
    const red = await start(prepared(example('05 - ECG anomalies'), await freePort()));
    await red.line(version(3));
    await red.line(/anomaly: true/);
    assert.doesNotMatch(red.output(), mistake);
  });

  it('"13 - Region" learns in two clinics, each of which sends one update for its gateways and takes the versions above', async () => {
    // Each of the three federations keeps a broker of its own.
    let text = JSON.stringify(printed(example('13 - Region')));
    for (const port of ['18930', '18931', '18932']) text = text.replaceAll(port, String(await freePort()));
    const red = await start(JSON.parse(text) as FlowNode[]);
    await red.line(/gateway: 'gateway-2'/);
    await red.line(/gateway: 'clinic-north'/);
    await red.line(/gateway: 'clinic-south'/);
    await red.line(/cause: 'above'/);
    await red.line(/balancedAccuracy: 0\.\d+/);
    assert.doesNotMatch(red.output(), mistake);
  });

  it('"02 - Gateway" and "03 - Coordinator" work from two machines with nothing but an invitation', async () => {
    const port = await freePort();
    const coordinator = await start(prepared(example('03 - Coordinator'), port));
    const members = `${coordinator.url}/ftte/federation/f03afed/members`;
    const invite = () =>
      fetch(members, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ action: 'invite', id: 'bed-7', broker: `mqtt://127.0.0.1:${port}` }),
      });
    let answer = await invite();
    // Keys are made in the background of the start.
    while (answer.status === 404) {
      await aMoment();
      answer = await invite();
    }
    const { line } = (await answer.json()) as { line: string };
    const gateway = await start(printed(example('02 - Gateway')), { FTTE_INVITATION: line });
    await coordinator.line(version(2));
    await gateway.line(/updateBytes: \d+/);
    const listed = (await (await fetch(members)).json()) as { members: { id: string }[] };
    assert.deepEqual(
      listed.members.map(({ id }) => id),
      ['bed-7'],
    );
    assert.doesNotMatch(coordinator.output() + gateway.output(), mistake);
  });
});
