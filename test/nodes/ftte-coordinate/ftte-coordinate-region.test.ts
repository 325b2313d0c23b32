import assert from 'node:assert/strict';
import type { NodeMessage } from 'node-red';
import type { CoordinatorStatus, VersionReport } from '../../../gateway/coordinator';
import type { ModelFollower } from '../../../gateway/participant';
import { federationOf } from '../../../nodes/runtime';
import { freePort } from '../../../tools/support/free-port';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import {
  allNodes,
  coordinate,
  hosted,
  joined,
  labels,
  tab,
  task,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { failureOf, give, inputWhere, shown, until } from '../../support/node-red/flow-messages';
import { helper, logged, statusOf, useNodeRed } from '../../support/node-red/node-red-helper';

type Version = NodeMessage & { payload: VersionReport };
type Answer = NodeMessage & { payload: CoordinatorStatus };

const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;
const regions = ['north', 'south'] as const;
type Name = (typeof regions)[number];

/** A region: its federation, hosted here, with two gateways, and its place in the federation above. */
const region = (name: Name, port: number, top: number, changes: object = {}) => [
  hosted(port, { id: `own-${name}`, federation: name, name: `own ${name}` }),
  joined(`up-${name}`, top, { gateway: name }),
  ...coordinate({ id: name, federation: `own-${name}`, above: `up-${name}`, task: '', ...changes }),
  ...['1', '2'].flatMap((number) => [
    joined(`${name}-${number}`, port, { federation: name }),
    ...train(`${name}-${number}`, { id: `train-${name}-${number}`, trigger: 'message' }),
  ]),
];

/** The federation above, at a broker of its own. */
const larger = (top: number) => [
  tab,
  taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 60_000 } }),
  joined('fed-top', top, { gateway: 'coordinator' }),
  ...coordinate({ id: 'top', federation: 'fed-top' }),
];

/** Trains once at both gateways of a region. */
async function trainIn(name: Name, value: number): Promise<void> {
  for (const number of ['1', '2']) {
    const id = `train-${name}-${number}`;
    // A node of the same id in a test before may have left some.
    await give(id, { action: 'forget' });
    for (let i = 0; i < task.training.minSamples; i++)
      await give(id, { payload: windowOfOnes(value + i / 10), label: labels[i % labels.length] });
    const round = inputWhere(`${id}:1`, ({ topic }) => topic === 'round');
    await give(id, { action: 'train' });
    await round;
  }
}

async function statusNow(id: string): Promise<CoordinatorStatus> {
  const answer = inputWhere<Answer>(`${id}:1`, ({ topic }) => topic === 'status');
  await give(id, { action: 'status' });
  return (await answer).payload;
}

/** The next version of a coordinator that fulfils a condition. */
const versionWhere = (id: string, matches: (report: VersionReport) => boolean) =>
  inputWhere<Version>(`${id}:1`, ({ topic, payload }) => topic === 'version' && matches(payload));

const suite = findProgram('mosquitto') ? describe : describe.skip;

suite('the coordinate node of a part of a federation above', function () {
  this.timeout(120_000);
  useNodeRed();
  let broker: Mosquitto;
  let ports: number[];
  const releases: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    broker = await startMosquitto();
    ports = [await freePort(), await freePort()];
  });
  afterEach(async () => {
    await Promise.all(releases.splice(0).map((release) => release()));
    await helper.unload();
    await broker.stop();
  });

  const flow = (changes: object = {}) => [
    ...larger(broker.port),
    ...regions.flatMap((name, i) => region(name, ports[i]!, broker.port, changes)),
  ];
  const collecting = async () => {
    for (const name of regions)
      for (const number of ['1', '2']) await shown(`train-${name}-${number}`, 'collecting');
  };
  /** The model of a gateway of a region. */
  const modelAt = (id: string): ModelFollower => {
    const { follower, release } = federationOf(RED, id).acquireFollower();
    releases.push(release);
    return follower;
  };

  it('takes task and model from above, sends one update for many, and brings versions above to the gateways below', async () => {
    await helper.load(allNodes, flow());
    await collecting();
    const model = modelAt('south-1');
    const above = versionWhere('top', ({ version }) => version === 1);
    const taken = versionWhere('south', ({ cause }) => cause === 'above');
    await trainIn('north', 1);
    const { payload } = await above;
    assert.deepEqual(
      payload.contributions.map(({ gateway, samples }) => ({ gateway, samples })),
      [{ gateway: 'north', samples: 2 * task.training.minSamples }],
    );
    const { version } = (await taken).payload;
    await until(() => model.version >= version);
    const exported = inputWhere<NodeMessage & { payload: { parameters: Float32Array } }>(
      'top:1',
      ({ topic }) => topic === 'export',
    );
    await give('top', { action: 'export', model: 'current' });
    const { parameters } = (await exported).payload;
    const difference = parameters.map((value, i) => Math.abs(value - model.parameters![i]!));
    assert.ok(Math.max(...difference) < 1e-2, `${Math.max(...difference)}`);
    const { region: its } = await statusNow('north');
    assert.deepEqual([its?.federation, its?.online, its?.counted], ['test', true, 1]);
  });

  it('goes on while it is cut off and says so, over a deploy, too, and sends everything when it is back', async () => {
    await helper.load(allNodes, flow());
    await collecting();
    const { port } = broker;
    const isCutOff = statusOf('north', (text) => text === 'cut-off');
    await broker.stop();
    await isCutOff;
    const second = versionWhere('north', ({ version }) => version === 2);
    await trainIn('north', 1);
    await second;
    const before = await statusNow('north');
    assert.deepEqual([before.version, before.region?.online, before.region?.unsentVersions], [2, false, 2]);
    await helper.setFlows(flow({ name: 'edited' }), 'nodes');
    await shown('north', 'cut-off');
    const after = await statusNow('north');
    assert.deepEqual([after.lineage, after.version], [before.lineage, before.version]);
    const above = versionWhere('top', ({ version }) => version === 1);
    broker = await startMosquitto({ port });
    const { contributions } = (await above).payload;
    assert.deepEqual(
      contributions.map(({ gateway, samples }) => ({ gateway, samples })),
      [{ gateway: 'north', samples: 2 * task.training.minSamples }],
    );
    await shown('north', 'version');
  });

  it('joins a federation above by an invitation, whose name for it counts', async () => {
    const port = await freePort();
    const top = [
      tab,
      taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 60_000 } }),
      hosted(port, { id: 'fed-top', configVersion: 2, membership: 'invited' }),
      ...coordinate({ id: 'top', federation: 'fed-top' }),
    ];
    await helper.load(allNodes, top);
    await federationOf(RED, 'fed-top').opened;
    const invitation = inputWhere('top:1', ({ topic }) => topic === 'invite');
    await give('top', { action: 'invite', id: 'bay-7' });
    const { payload } = await invitation;
    await helper.unload();
    const up = {
      id: 'up-bay',
      type: 'ftte-federation',
      configVersion: 2,
      membership: 'invitation',
      name: 'bay',
    };
    const parts = region('north', ports[0]!, port, { above: 'up-bay' });
    const own = parts.filter((node) => node['id'] !== 'up-north');
    await helper.load(allNodes, [...top, up, ...own], { 'up-bay': { invitation: payload } });
    for (const number of ['1', '2']) await shown(`train-north-${number}`, 'collecting');
    const above = versionWhere('top', ({ version }) => version === 1);
    await trainIn('north', 1);
    assert.deepEqual(
      (await above).payload.contributions.map(({ gateway }) => gateway),
      ['bay-7'],
    );
  });

  it('has rules of its own by a task that differs in aggregation, and refuses one that differs otherwise', async () => {
    const own = { ...taskConfig({ aggregation: { bufferSize: 2, maxWaitMs: 60_000 } }), id: 'own' };
    const other = { ...taskConfig({ training: { ...task.training, epochs: 2 } }), id: 'other' };
    await helper.load(allNodes, [
      ...larger(broker.port),
      own,
      other,
      ...region('north', ports[0]!, broker.port, { task: 'own' }),
      ...region('south', ports[1]!, broker.port, { task: 'other' }),
    ]);
    await shown('south', 'refused');
    await shown('north', 'version');
    assert.equal((await statusNow('north')).bufferSize, 2);
    assert.ok(logged('error').some((text) => text.includes('training.epochs: expected 1, got 2')));
  });

  for (const [what, changes, message] of [
    ['the federation that it coordinates', { above: 'own-north' }, /^above: expected another federation/],
    ['a node that is not there', { above: 'missing' }, /^above: the chosen node is missing or disabled/],
    ['a federation in which another node is the gateway', { above: 'up-taken' }, /^above: .*already/],
  ] as const)
    it(`refuses to be a part of ${what}`, async () => {
      await helper.load(allNodes, [
        ...larger(broker.port),
        joined('up-taken', broker.port, { gateway: 'taken' }),
        ...train('up-taken', { id: 'train-taken' }),
        ...region('north', ports[0]!, broker.port, changes),
      ]);
      await shown('north', 'config');
      const error = await failureOf('north', { action: 'status' });
      assert.equal(error.code, 'config-invalid');
      assert.match(error.message, message);
      assert.equal(error.details['field'], 'above');
    });

  it('says what it waits for while nothing has come from above, and takes what comes later', async () => {
    const parts = region('north', ports[0]!, broker.port);
    await helper.load(allNodes, [tab, ...parts]);
    await shown('north', 'waiting-task');
    assert.equal((await statusNow('north')).phase, 'starting');
    await assert.rejects(give('north', { payload: windowOfOnes(), label: labels[0] }), { code: 'not-ready' });
    await helper.setFlows([...larger(broker.port), ...parts], 'nodes');
    await shown('north', 'version');
  });
});
