import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, FtteError, SeededRandom, systemClock } from '../../gateway/platform';
import {
  describeKeyText,
  exportKey,
  Identity,
  type Invitation,
  invitationText,
  MemberRegistry,
  MembershipFile,
  makeInvitation,
  openIdentity,
  readInvitation,
  readOwnMembership,
  saveIdentity,
  saveOwnMembership,
} from '../../gateway/security';

/** The result of one kind of text or file. */
export interface TextResult {
  readonly what: string;
  readonly inputs: number;
  /** Inputs that were taken: what they say is what the original says. */
  readonly taken: number;
  /** Errors that are no `FtteError`, and inputs that were taken although they say something else. */
  readonly crashes: readonly string[];
}

/** Something that a person pastes, or that lies on disk, and its reader. */
interface Subject {
  readonly what: string;
  readonly original: Uint8Array;
  /** Makes the checksums of mutated bytes right, so that the content is read. Other content may be taken then. */
  readonly seal?: (bytes: Uint8Array) => Uint8Array;
  /** @returns the content as text, to be compared with that of the original; throws if the bytes are refused */
  read(bytes: Uint8Array): Promise<string> | string;
}

const federation = 'clinic';
const nowMs = 1_700_000_000_000;

/** Mutates invitations, exported keys, key files and files of members, and reads them. */
export async function fuzzTexts(inputs: number, seed: number): Promise<TextResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'ftte-fuzz-'));
  try {
    const results: TextResult[] = [];
    for (const subject of await subjects(folder))
      results.push(await fuzzOne(subject, inputs, new SeededRandom(seed)));
    return results;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fuzzOne(
  { what, original, read, seal }: Subject,
  inputs: number,
  random: SeededRandom,
): Promise<TextResult> {
  const expected = await read(original);
  const crashes: string[] = [];
  let taken = 0;
  for (let i = 0; i < inputs; i++) {
    const isSealed = seal !== undefined && i % 2 === 0;
    const bytes = mutated(original, random);
    try {
      const got = await read(isSealed ? seal(bytes) : bytes);
      taken++;
      if (got !== expected && !isSealed) crashes.push(`${what}: other content was taken: ${got}`);
    } catch (error) {
      if (!(error instanceof FtteError))
        crashes.push(`${what}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return { what, inputs, taken, crashes };
}

function mutated(original: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = Uint8Array.from(original);
  const at = random.integer(bytes.length);
  switch (random.integer(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return bytes.subarray(at);
    case 2:
      return Uint8Array.from([...bytes.subarray(0, at), ...randomBytesOf(random, 40), ...bytes.subarray(at)]);
    case 3:
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(random.integer(bytes.length))]);
    case 4:
      return randomBytesOf(random, 2 * bytes.length);
    default:
      for (let times = 1 + random.integer(4); times > 0; times--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      return bytes;
  }
}

const randomBytesOf = (random: SeededRandom, most: number) =>
  Uint8Array.from({ length: random.integer(most) }, () => random.integer(256));

const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

async function subjects(folder: string): Promise<Subject[]> {
  const identity = Identity.create();
  const invitation = makeInvitation({
    federation,
    broker: 'mqtts://broker.example:8883',
    coordinator: identity.publicKey,
    expiresMs: nowMs + 3_600_000,
    uses: 3,
    credentials: { user: 'clinic', password: hex(randomBytes(8)) },
    suggestedId: 'bed-7',
  });
  const exported = await exportKey(identity, federation, 'a long passphrase');
  const [key, own, members] = ['gateway.key', 'membership.bin', 'members.bin'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await saveIdentity(key, identity);
  const coordinator = identity.publicKey;
  const broker = 'mqtt://broker.example';
  await saveOwnMembership(own, {
    federation,
    gateway: 'bed-7',
    broker,
    coordinator,
    admitted: true,
    mark: { term: 3, run: 7 },
  });
  const store = new MembershipFile(members);
  await (await MemberRegistry.open({ federation, coordinator, store, clock: systemClock })).invite(
    invitation,
    'room 3',
  );
  /** Reads from a file of its own that holds the bytes. */
  const fromFile = (path: string, read: () => Promise<string>) => (bytes: Uint8Array) => {
    writeFileSync(path, bytes, { mode: 0o600 });
    return read();
  };
  return [
    {
      what: 'invitation',
      original: Buffer.from(invitationText(invitation), 'latin1'),
      seal: withChecksums,
      read: (bytes) => describe(readInvitation(textOf(bytes), { nowMs })),
    },
    {
      what: 'exported key',
      original: Buffer.from(exported, 'latin1'),
      read: (bytes) => JSON.stringify(describeKeyText(textOf(bytes))),
    },
    {
      what: 'key file',
      original: readFileSync(key),
      seal: withDigest,
      read: fromFile(
        key,
        async () =>
          (await openIdentity({ path: key, role: 'gateway', mustExist: true })).identity.fingerprint,
      ),
    },
    {
      what: 'membership of a gateway',
      original: readFileSync(own),
      seal: withDigest,
      read: fromFile(own, async () => {
        const found = await readOwnMembership(own);
        return JSON.stringify({ ...found, coordinator: found?.coordinator.fingerprint });
      }),
    },
    {
      what: 'members of a coordinator',
      original: readFileSync(members),
      seal: withDigest,
      read: fromFile(members, async () => JSON.stringify(await new MembershipFile(members).load())),
    },
  ];
}

function describe({ coordinator, id, secret, ...rest }: Invitation): string {
  return JSON.stringify({ ...rest, coordinator: coordinator.fingerprint, id: hex(id), secret: hex(secret) });
}

/** The content of a sealed file with the digest that it needs. */
function withDigest(bytes: Uint8Array): Uint8Array {
  const content = bytes.subarray(0, Math.max(0, bytes.length - 32));
  return Uint8Array.from([...content, ...createHash('sha256').update(content).digest()]);
}

/** The content of an invitation with its length and checksums. */
function withChecksums(text: Uint8Array): Uint8Array {
  const body = /ftte1:([A-Za-z0-9_-]*)/.exec(textOf(text))?.[1] ?? '';
  const content = Buffer.from(body, 'base64url').subarray(3, -4);
  const bytes = Buffer.alloc(3 + content.length + 4);
  bytes.writeUInt16BE(content.length);
  bytes[2] = crc32(bytes.subarray(0, 2)) & 0xff;
  bytes.set(content, 3);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return Buffer.from(`ftte1:${bytes.toString('base64url')}`, 'latin1');
}
