import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CoordinatorSettings,
  createCoordinator,
  type InvitedMemberSettings,
  joinFederation,
} from '../../../gateway/client';
import { createEngine, InlineTrainer } from '../../../gateway/engine';
import { silentLog, systemClock } from '../../../gateway/platform';
import { readInvitation } from '../../../gateway/security';
import { freePort } from '../../../tools/support/free-port';
import { selfSigned } from '../transport/certificate';
import { BareClient } from '../transport/hosted/bare-client';

const task = {
  name: 'hosted',
  input: { channels: [{ name: 'a' }], rateHz: 10, length: 8, hop: 8, normalisation: 'none' as const },
  labels: ['still', 'moving'],
  model: { layers: [{ type: 'flatten' as const }, { type: 'dense' as const, units: 2 }] },
  training: { batchSize: 8, epochs: 1, minSamples: 8 },
};
const createTrainer = () => new InlineTrainer(createEngine(), systemClock);

describe('a coordinator that hosts the broker and invites', () => {
  let folder: string;
  const closers: (() => Promise<unknown>)[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-hosted-'));
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  });
  const coordinate = async (settings: Partial<CoordinatorSettings>) => {
    const hub = await createCoordinator({
      federation: 'clinic',
      broker: { port: 0, host: '0.0.0.0' },
      task,
      folder: join(folder, 'hub'),
      membership: 'invited',
      leaseWaitMs: 50,
      log: silentLog,
      createTrainer,
      ...settings,
    });
    closers.push(() => hub.close());
    return hub;
  };
  const take = async (name: string, settings: Partial<InvitedMemberSettings>) => {
    const member = await joinFederation({
      folder: join(folder, name),
      log: silentLog,
      createTrainer,
      ...settings,
    });
    closers.push(() => member.close());
    return member;
  };

  it('needs no password for all: one invitation gives each gateway a user of its own, which ends with the membership', async () => {
    const hub = await coordinate({});
    const broker = hub.brokerUrl!;
    await assert.rejects(hub.invite(), { code: 'config-invalid', details: { field: 'broker' } });
    const line = await hub.invite({ broker, uses: 2 });
    const invitation = readInvitation(line, { nowMs: Date.now() });
    assert.deepEqual([invitation.ownLogin, invitation.credentials], [true, undefined]);
    await take('one', { invitation: line, id: 'one' });
    await take('two', { invitation: line, id: 'two' });
    assert.deepEqual(
      hub.members().map(({ id }) => id),
      ['one', 'two'],
    );
    assert.deepEqual(hub.invitations(), []);
    // Nobody else gets in.
    await assert.rejects(BareClient.connect(broker, {}));
    await hub.revoke('one');
    const { hostedBroker } = hub;
    while (hostedBroker!.counts.clients > 2) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('lists invitations that can be used, and withdraws them', async () => {
    const hub = await coordinate({});
    const broker = hub.brokerUrl!;
    const line = await hub.invite({ broker, note: 'room 3', id: 'bed-7' });
    const [open] = hub.invitations();
    assert.deepEqual([open!.note, open!.id, open!.usesLeft], ['room 3', 'bed-7', 1]);
    await hub.withdraw(open!.invitation);
    assert.deepEqual(hub.invitations(), []);
    await assert.rejects(hub.withdraw(open!.invitation), { code: 'message-invalid' });
    const stop = new AbortController();
    const joining = take('late', { invitation: line, signal: stop.signal });
    joining.catch(() => undefined);
    while (hub.hostedBroker!.counts.refusedLogins === 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await assert.rejects(joining, { code: 'cancelled' });
  });

  it('refuses a gateway whose invitation was withdrawn, which says so in its log, and not that a password is wrong', async () => {
    const hub = await coordinate({});
    const line = await hub.invite({ broker: hub.brokerUrl!, id: 'bed-7' });
    await hub.withdraw(hub.invitations()[0]!.invitation);
    const stop = new AbortController();
    const said = new Promise<string>((resolve) => {
      const log = { ...silentLog, warn: (text: string, code: string) => resolve(`[${code}] ${text}`) };
      take('late', { invitation: line, signal: stop.signal, log }).catch(() => undefined);
    });
    assert.match(await said, /^\[broker-invitation\] .*Ask the operator of the coordinator for a new one/);
    stop.abort();
  });

  it('says of the password in the address of another broker that it is wrong, whatever the invitation is', async () => {
    const hub = await coordinate({
      broker: { port: 0, host: '0.0.0.0', username: 'all', password: 'shared' },
    });
    const line = await hub.invite({ broker: hub.brokerUrl!, id: 'bed-7' });
    const stop = new AbortController();
    const broker = hub.brokerUrl!.replace('mqtt://', 'mqtt://all:wrong@');
    const said = new Promise<string>((resolve) => {
      const log = { ...silentLog, warn: (text: string, code: string) => resolve(`[${code}] ${text}`) };
      take('late', { invitation: line, broker, signal: stop.signal, log }).catch(() => undefined);
    });
    assert.match(await said, /^\[broker-credentials\] .*refuses the user name or password/);
    stop.abort();
  });

  it('names what has no room in an invitation, and quotes no password', async () => {
    const port = await freePort();
    const hub = await coordinate({ broker: { port, host: 'localhost' } });
    // All of its gateways are on this machine.
    const invitation = readInvitation(await hub.invite(), { nowMs: Date.now() });
    assert.equal(invitation.broker, `mqtt://localhost:${port}`);
    const secret = 'x'.repeat(300);
    const cases: [string, string][] = [
      [`mqtt://hub/${'a'.repeat(600)}`, 'broker'],
      [`mqtt://me:${secret}@hub`, 'password'],
      [`mqtt://${secret}:p@hub`, 'user'],
    ];
    for (const [broker, field] of cases)
      await assert.rejects(hub.invite({ broker }), (error: Error & { details: { field: string } }) => {
        assert.equal(error.details.field, field);
        assert.match(error.message, /expected at most \d+ characters/);
        return !error.message.includes('xxx');
      });
  });

  it('lets a second process of the same folder wait for the first', async () => {
    await coordinate({});
    await assert.rejects(coordinate({}), { code: 'storage', message: /is in use by process/ });
  });

  it('gives its own certificate with the invitation, so that TLS needs no other setting', async () => {
    const files = selfSigned(['DNS:elsewhere']);
    const certificate = { cert: files['cert.pem'], key: files['key.pem'] };
    const port = await freePort();
    const hub = await coordinate({ broker: { port, host: '127.0.0.1', tls: certificate } });
    // The address is not among its names.
    const line = await hub.invite({ broker: `mqtts://127.0.0.1:${port}` });
    const member = await take('gateway', { invitation: line });
    assert.equal(hub.members().length, 1);
    await member.close();
    // The folder is enough for the next start.
    await take('gateway', {});
  });
});
