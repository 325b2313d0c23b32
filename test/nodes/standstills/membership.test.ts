import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { joinFederation } from '../../../gateway/client';
import { type Invitation, invitationText, readInvitation } from '../../../gateway/security';
import { federationOf } from '../../../nodes/runtime';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { allNodes, coordinate, joined, tab, taskConfig, train } from '../../support/node-red/federation-flow';
import { give, inputWhere, shown } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';

const RED = { nodes: { getNode: (id: string) => helper.getNode(id) } } as never;
const joins = (id: string) => ({ id, type: 'ftte-federation', configVersion: 2, membership: 'invitation' });

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill of a gateway that is not let in is shown and said', () => {
  let broker: Mosquitto;
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(async () => {
    await helper.unload();
    await broker.stop();
  });
  const context = useNodeRed();

  const hub = () => [
    tab,
    taskConfig(),
    joined('fed-c', broker.port, { configVersion: 2, membership: 'invited' }),
    ...coordinate(),
  ];
  /** An invitation of a coordinator that is loaded with more nodes afterwards. */
  const invited = async (): Promise<string> => {
    await helper.load(allNodes, hub());
    await federationOf(RED, 'fed-c').opened;
    const answer = inputWhere('coordinate:1', (msg) => msg.topic === 'invite');
    await give('coordinate', { action: 'invite', uses: 1 });
    const line = String((await answer).payload);
    await helper.unload();
    return line;
  };
  /** The same invitation with other facts in it. */
  const changed = async (changes: Partial<Invitation>): Promise<string> =>
    invitationText({ ...readInvitation(await invited(), { nowMs: Date.now() }), ...changes });
  const machines = new Set<{ close(): Promise<void> }>();
  afterEach(async () => {
    for (const machine of machines) await machine.close();
    machines.clear();
  });
  const load = async (line: string, ...ids: string[]) => {
    const gateways = ids.flatMap((id) => [joins(`fed-${id}`), ...train(`fed-${id}`, { id })]);
    const credentials = Object.fromEntries(ids.map((id) => [`fed-${id}`, { invitation: line }]));
    await helper.load(allNodes, [...hub(), ...gateways], credentials);
  };

  standstill('a gateway is revoked', async () => {
    await load(await invited(), 'train');
    await shown('train', 'collecting');
    const listed = inputWhere('coordinate:1', (msg) => msg.topic === 'members');
    await give('coordinate', { action: 'members' });
    const { members } = (await listed).payload as { members: { id: string }[] };
    await give('coordinate', { action: 'revoke', id: members[0]!.id });
  });

  standstill('an invitation was used by another gateway', async () => {
    const line = await invited();
    await load(line, 'first');
    await shown('first', 'collecting');
    await helper.unload();
    await load(line, 'first', 'train');
  });

  standstill('an invitation is cut off', async () => {
    await load((await invited()).slice(0, -9), 'train');
  });

  standstill('an invitation is mistyped', async () => {
    const line = await invited();
    const at = line.length - 20;
    await load(`${line.slice(0, at)}${line[at] === 'A' ? 'B' : 'A'}${line.slice(at + 1)}`, 'train');
  });

  standstill('an invitation has expired', async () => {
    await load(await changed({ expiresMs: 1_700_000_000_000 }), 'train');
  });

  standstill('an invitation is for another federation', async () => {
    const line = await invited();
    await load(line, 'train');
    await shown('train', 'collecting');
    await helper.unload();
    await load(await changed({ federation: 'elsewhere' }), 'train');
  });

  standstill('the coordinator has another key', async () => {
    const line = await invited();
    await load(line, 'train');
    await shown('train', 'collecting');
    await helper.unload();
    await rm(join(context.userDir, 'ftte', 'fed-c'), { recursive: true });
    await load(line, 'train');
  });

  standstill('the key file of a gateway is lost', async () => {
    const line = await invited();
    await load(line, 'train');
    await shown('train', 'collecting');
    await helper.unload();
    await rm(join(context.userDir, 'ftte', 'fed-train', 'security', 'gateway.key'));
    await load(line, 'train');
  });

  standstill('the key file of a gateway is copied to a second machine', async () => {
    await load(await invited(), 'train');
    await shown('train', 'collecting');
    const copy = join(context.userDir, 'second machine');
    await cp(join(context.userDir, 'ftte', 'fed-train', 'security'), join(copy, 'security'), {
      recursive: true,
    });
    machines.add(await joinFederation({ folder: copy }));
  });
});
