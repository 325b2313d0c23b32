import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, yieldToEventLoop } from '../../gateway/platform';
import { GatewayPairing, Identity, MemberRegistry, MembershipFile } from '../../gateway/security';
import { CoordinatorProtection, topicOf } from '../../gateway/session';
import { MemoryBroker, MemoryTransport } from '../../gateway/transport';
import { encodeMessage } from '../../gateway/wire';
import { watchEventLoop } from '../../tools/support/event-loop-delay';

/** The event loop of a coordinator that gives all members a new group key, because one was revoked. */
export interface RevocationCost {
  readonly members: number;
  /** Processor time of all of it, the file of the members included. */
  readonly cpuMs: number;
  /** The longest processor time without a return to the event loop, ms. Absent if the system does not report it. */
  readonly longestMs: number | undefined;
  /** The same while all members are admitted again after a restart: their hellos come one after the other. */
  readonly longestRestartMs: number | undefined;
}

const federation = 'clinic';

/** Revokes one of many members, in the protection that coordinators use, with their file on disk. */
export async function measureRevocation(members: number): Promise<RevocationCost> {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-revocation-'));
  try {
    return await measure(members, join(folder, 'members.bin'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(count: number, path: string): Promise<RevocationCost> {
  const identity = Identity.create();
  const nowMs = systemClock.now();
  const gateways = Array.from({ length: count }, (_, i) => ({ id: `gw-${i}`, identity: Identity.create() }));
  await new MembershipFile(path).save({
    members: gateways.map(({ id, identity: { publicKey } }) => ({
      id,
      publicKey: publicKey.bytes,
      sinceMs: nowMs,
      lastSeenMs: nowMs,
      note: '',
      invitation: '',
      run: 0,
    })),
  });
  const clock = systemClock;
  const coordinator = identity.publicKey;
  const registry = await MemberRegistry.open({
    federation,
    coordinator,
    store: new MembershipFile(path),
    clock,
  });
  const protection = new CoordinatorProtection({
    id: 'hub',
    identity,
    federation,
    term: 1,
    run: 1,
    registry,
  });
  const transport = new MemoryTransport(new MemoryBroker(), { client: 'hub' });
  transport.open();
  const refused: unknown[] = [];
  const refuse = (error: unknown) => void refused.push(error);
  protection.start({ transport, federation, id: 'hub', clock, deliver: () => undefined, refuse });
  const claimTopic = topicOf(federation, 'claim', 'hub');
  const envelope = { federation, sender: 'hub', sequence: 0 };
  const content = encodeMessage(envelope, {
    type: 'claim',
    instance: '0'.repeat(16),
    since: nowMs,
    active: true,
  });
  const claim = protection.protect(claimTopic, content);
  const hellos = gateways.map(({ id, identity: own }) => {
    const pairing = new GatewayPairing({ identity: own, federation, gateway: id, coordinator, run: 1 });
    pairing.takeClaim(claimTopic, claim);
    const topic = topicOf(federation, 'hello', id);
    return { topic, payload: pairing.hello(topic, randomBytes(60)), retained: false };
  });
  const endRestart = watchEventLoop();
  for (const hello of hellos) {
    await protection.open(hello);
    await yieldToEventLoop();
  }
  const longestRestartMs = endRestart().longestCpuMs;
  const before = process.cpuUsage();
  const end = watchEventLoop();
  await protection.revoke('gw-0');
  // The poll that follows has the last step.
  await new Promise((resolve) => setTimeout(resolve, 5));
  const longestMs = end().longestCpuMs;
  const { user, system } = process.cpuUsage(before);
  if (refused.length > 0) throw new Error(`${refused.length} messages were refused: ${refused[0]}`);
  protection.stop();
  await transport.close();
  return { members: count, cpuMs: (user + system) / 1_000, longestMs, longestRestartMs };
}
