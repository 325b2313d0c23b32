import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { federationOf } from '../../../nodes/runtime';
import { freePort } from '../../../tools/support/free-port';
import { BareClient } from '../../gateway/transport/hosted/bare-client';
import {
  allNodes,
  coordinate,
  hosted,
  onTab,
  play,
  predict,
  tab,
  taskConfig,
  train,
} from '../../support/node-red/federation-flow';
import { failureOf, give, inputsOf, inputWhere, shown, until } from '../../support/node-red/flow-messages';
import { helper, logged, useNodeRed } from '../../support/node-red/node-red-helper';

interface Listed {
  readonly members: { id: string; fingerprint: string; note: string; revoked?: Date }[];
  readonly invitations: { invitation: string; usesLeft: number }[];
}

const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;
const invited = (port: number, changes: object = {}) =>
  hosted(port, { configVersion: 2, membership: 'invited', ...changes });
const joins = (id: string, changes: object = {}) => ({
  id,
  type: 'ftte-federation',
  configVersion: 2,
  name: `connection ${id}`,
  membership: 'invitation',
  ...changes,
});

/** The answer of a coordinate node to an action on its members. */
async function ask<Answer>(action: object): Promise<Answer> {
  const { action: topic } = action as { action: string };
  const answer = inputWhere('coordinate:1', (msg) => msg.topic === topic);
  await give('coordinate', action);
  return (await answer).payload as Answer;
}
const membersOf = () => ask<Listed>({ action: 'members' });

describe('a federation with invitations', function () {
  this.timeout(120_000);
  const context = useNodeRed();

  const coordinator = (port: number, changes: object = {}) => [
    tab,
    invited(port, changes),
    taskConfig(),
    ...coordinate(),
  ];
  const opened = () => federationOf(RED, 'fed-c').opened;

  it('lets a gateway in by one line of text, which trains, predicts, is listed, and is put out again', async () => {
    const port = await freePort();
    const flow = coordinator(port);
    await helper.load(allNodes, flow);
    await opened();
    const line = await ask<string>({ action: 'invite', id: 'bed-7', note: 'room 3' });
    assert.match(line, /^ftte1:/);
    assert.equal((await membersOf()).invitations.length, 1);
    await helper.unload();

    // The coordinator comes back with its members; the gateway is another node of this process.
    const both = [
      ...flow,
      joins('fed-1'),
      ...train('fed-1', { id: 'train' }),
      ...predict('fed-1', { id: 'predict' }),
      ...predict('fed-c', { id: 'own' }),
      play('people', 'fed-1', '1/2', ['train', 'predict', 'own']),
    ];
    await helper.load(allNodes, both, { 'fed-1': { invitation: line } });
    const byWire = inputsOf('train:2');
    await inputWhere('predict:1', () => true);
    // A node of the coordinator's machine predicts with the same model.
    await inputWhere('own:1', () => true);
    await inputWhere('train:1', (msg) => msg.topic === 'round');
    assert.ok(
      logged('warn', 'train').some((text) =>
        /\[message-invalid\] output 2 has a wire and sends nothing/.test(text),
      ),
    );
    const { members, invitations } = await membersOf();
    assert.deepEqual(
      members.map(({ id, note, revoked }) => [id, note, revoked]),
      [['bed-7', 'room 3', undefined]],
    );
    assert.deepEqual(invitations, []);
    const flowFile = JSON.stringify(both);
    assert.ok(!flowFile.includes(line));

    await give('coordinate', { action: 'revoke', id: 'bed-7' });
    await shown('train', 'out-revoked');
    await until(() =>
      logged('warn', 'train').some((text) => /\[join-refused\] .*has revoked this gateway/.test(text)),
    );
    // A message that leaves by a wire would be in plain.
    assert.deepEqual(byWire, []);
    // Its user at the broker has ended, too.
    await until(() => logged('error', 'fed-1').some((text) => /or was this gateway revoked/.test(text)));
    assert.ok((await membersOf()).members[0]?.revoked);
    await give('coordinate', { action: 'readmit', id: 'bed-7' });
    assert.equal((await membersOf()).members[0]?.revoked, undefined);
  });

  it('gives each gateway a user at the hosted broker that reaches its own topics only, until it is revoked', async () => {
    const port = await freePort();
    await helper.load(allNodes, [...coordinator(port, { bind: '0.0.0.0' })]);
    await opened();
    await until(() => federationOf(RED, 'fed-c').hostedBroker !== undefined);
    const url = `mqtt://127.0.0.1:${port}`;
    await assert.rejects(BareClient.connect(url, {}));
    await assert.rejects(BareClient.connect(url, { username: 'bed-7/0123456789abcdef', password: 'x' }));
  });

  it('refuses roles that do not belong to the node, and Buffers of a flow', async () => {
    const port = await freePort();
    await helper.load(allNodes, [...coordinator(port), ...train('fed-c', { id: 'train' })]);
    assert.match(
      (await failureOf('train', { payload: [1] })).message,
      /is that of the coordinator, which invites gateways/,
    );
    await opened();
    assert.match(
      (await failureOf('coordinate', { payload: Buffer.from([1]) })).message,
      /expected no Buffer, because this federation has invitations/,
    );
    assert.match((await failureOf('coordinate', { action: 'revoke', id: 'x' })).message, /x is no member/);
    assert.match((await failureOf('coordinate', { action: 'revoke' })).message, /id: expected a text, got/);
    assert.match(
      (await failureOf('coordinate', { action: 'invite', uses: 0 })).message,
      /uses: expected a whole number/,
    );
    assert.match(
      (await failureOf('coordinate', { action: 'withdraw', invitation: 'x' })).message,
      /expected one that can be used/,
    );
  });

  it('says of an open gateway at its broker that it needs a login, and in the log that an invitation is one', async () => {
    const port = await freePort();
    const open = { broker: 'url', url: `mqtt://127.0.0.1:${port}`, federation: 'test', gateway: 'unknown' };
    const flow = [...coordinator(port), joins('stranger', { membership: 'open', ...open })];
    await helper.load(allNodes, [...flow, ...train('stranger', { id: 'train' })]);
    await shown('train', 'broker-no-login');
    assert.ok(
      logged('error', 'stranger').some((text) =>
        /\[broker-no-login\] .*the invitation of the coordinator/.test(text),
      ),
      logged('error', 'stranger').join('\n'),
    );
  });

  it('says of a gateway whose invitation the broker refuses that the invitation is refused, not the password', async () => {
    const port = await freePort();
    const flow = coordinator(port);
    await helper.load(allNodes, flow);
    await opened();
    const line = await ask<string>({ action: 'invite', id: 'bed-7' });
    const { invitations } = await ask<{ invitations: { invitation: string }[] }>({ action: 'members' });
    await give('coordinate', { action: 'withdraw', invitation: invitations[0]?.invitation });
    await helper.unload();
    const late = [joins('late'), ...train('late', { id: 'train' }), ...predict('late', { id: 'predict' })];
    await helper.load(allNodes, [...flow, ...late], { late: { invitation: line } });
    await Promise.all([
      shown('train', 'out-refused'),
      shown('predict', 'out-refused'),
      until(() =>
        logged('error', 'late').some((text) => /\[broker-invitation\] .*Ask the operator/.test(text)),
      ),
    ]);
  });

  it('says in the status what is wrong with an invitation', async () => {
    await helper.load(
      allNodes,
      [
        tab,
        joins('none'),
        joins('wrong'),
        { id: 'a', type: 'ftte-predict', federation: 'none', ...onTab, wires: [[]] },
        { id: 'b', type: 'ftte-predict', federation: 'wrong', ...onTab, wires: [[]] },
      ],
      { wrong: { invitation: 'ftte1:AA' } },
    );
    await shown('a', 'out-invitation-form');
    await shown('b', 'out-invitation-cut');
  });

  it('answers the editor and the command line: coordinators, members, invitations, and what is wrong', async () => {
    const port = await freePort();
    await helper.load(allNodes, coordinator(port));
    await opened();
    const path = '/ftte/federation/fed-c/members';
    const found = await helper.request().get('/ftte/federation/coordinators');
    assert.deepEqual(
      (found.body as { node: string; federation: string }[]).map(({ node, federation }) => [
        node,
        federation,
      ]),
      [['fed-c', 'test']],
    );
    const made = await helper.request().post(path).send({ action: 'invite', uses: '2', expires: '2h' });
    const { line, invitations } = made.body as Listed & { line: string };
    assert.match(line, /^ftte1:/);
    assert.equal(invitations[0]?.usesLeft, 2);
    const checked = await helper
      .request()
      .post('/ftte/federation/invitation')
      .send({ id: 'new', invitation: line, gateway: 'pi-1' });
    const { federation, gateway, uses } = checked.body as Record<string, unknown>;
    assert.deepEqual([federation, gateway, uses], ['test', 'pi-1', 2]);
    const cut = await helper
      .request()
      .post('/ftte/federation/invitation')
      .send({ id: 'new', invitation: line.slice(0, -10) });
    assert.equal((cut.body as { reason: string }).reason, 'invitation-cut');
    const { invitation } = invitations[0]!;
    const withdrawn = await helper.request().post(path).send({ action: 'withdraw', invitation });
    assert.deepEqual((withdrawn.body as Listed).invitations, []);
    const refused = await helper.request().post(path).send({ action: 'invite', broker: 'somewhere' });
    assert.equal(refused.status, 400);
    assert.equal((refused.body as { field: string }).field, 'broker');
    assert.deepEqual((await helper.request().get('/ftte/federation/none/members')).body, {});
    assert.equal((await helper.request().post('/ftte/federation/none/members').send({})).status, 404);
    const key = readFileSync(join(context.userDir, 'ftte', 'fed-c', 'security', 'coordinator.key'));
    assert.ok(key.length > 32);
  });
});
