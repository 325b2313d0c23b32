import type { SeededRandom } from '../../gateway/platform';
import { readTopic } from '../../gateway/session';
import { decodeMessage, encodeMessage, type Message, PlanBook } from '../../gateway/wire';
import { decodeFields, encodeFields } from '../../gateway/wire/message-fields';
import { broken, disturb, type Tree } from '../../tools/support/tampering';
import { coordinatorId } from '../attacks/target';
import type { KnownMessage } from './fuzzed-federation';

/** A message of a hostile client. */
export interface HostileMessage extends KnownMessage {
  readonly retain: boolean;
}

/** Starts of CBOR items that promise more than there is, or that nest deeply. */
const hostileHeads: readonly (readonly number[])[] = [
  [0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
  [0x5b, 0, 0, 0, 1, 0, 0, 0, 0],
  [0xbb, 0, 0, 0, 0, 255, 255, 255, 255],
  [0x7b, 0, 0, 0, 0, 127, 255, 255, 255],
  [0xd8, 0x55, 0x5a, 0x7f, 255, 255, 255],
  [0xd8, 0x48, 0x5a, 0x00, 0xff, 255, 255],
  [0xd2, 0x84, 0x5a, 0x7f, 255, 255, 255],
  [0x9f],
  [0xbf],
  [0xff],
  [0xc2, 0x58, 0xff],
  [0xf9, 0x7e, 0x00],
  Array<number>(70).fill(0x81),
  Array<number>(70).fill(0xa1),
  Array<number>(5_000).fill(0x9f),
  Array<number>(300).fill(0xd2),
];

type Mutation = (message: KnownMessage, other: KnownMessage, random: SeededRandom) => Uint8Array;

const mutations: readonly Mutation[] = [
  // Bits that flip.
  ({ bytes }, _, random) => {
    const copy = Uint8Array.from(bytes);
    for (let flips = 1 + random.integer(8); flips > 0; flips--) {
      const at = random.integer(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(8));
    }
    return copy;
  },
  // The end is missing, or the beginning.
  ({ bytes }, _, random) =>
    random.uniform() < 0.5
      ? bytes.slice(0, random.integer(bytes.length))
      : bytes.slice(1 + random.integer(bytes.length)),
  // Two messages in one.
  ({ bytes }, other, random) => {
    const head = bytes.subarray(0, random.integer(bytes.length));
    return Uint8Array.from([...head, ...other.bytes.subarray(random.integer(other.bytes.length))]);
  },
  // Lengths that are not there, deep nesting.
  ({ bytes }, _, random) => {
    const at = random.integer(bytes.length);
    const inserted = hostileHeads[random.integer(hostileHeads.length)] ?? [];
    const rest = bytes.subarray(at + (random.uniform() < 0.5 ? inserted.length : 0));
    return Uint8Array.from([...bytes.subarray(0, at), ...inserted, ...rest]);
  },
  // Fields of another type, missing, or of another message.
  typeConfusion,
  typeConfusion,
  typeConfusion,
  // Noise of any length.
  (_, __, random) => Uint8Array.from({ length: random.integer(400) }, () => random.integer(256)),
  // The same once more.
  ({ bytes }) => bytes,
];

function typeConfusion({ bytes }: KnownMessage, other: KnownMessage, random: SeededRandom): Uint8Array {
  const tree = treeOf(bytes);
  const from = treeOf(other.bytes);
  if (!tree || !from) return broken(bytes, random);
  for (let times = 1 + random.integer(3); times > 0; times--) disturb(tree, from, random);
  try {
    return encodeFields(tree as Record<string, unknown>);
  } catch {
    // A value that CBOR has no form for.
    return broken(bytes, random);
  }
}

function treeOf(bytes: Uint8Array): Tree | undefined {
  try {
    return decodeFields(bytes) as Tree;
  } catch {
    return undefined;
  }
}

/** Names that take the place of a gateway's in a topic. */
const names = [
  'gw-1',
  'gw-2',
  'coordinator',
  'mallory',
  '..',
  '__proto__',
  'x'.repeat(64),
  'x'.repeat(65),
  '',
];

/** Makes hostile messages of real ones. The same seed makes the same messages. */
export class MessageMutator {
  /** Plans that updates name by their id: receivers know them, too. */
  private readonly plans = new PlanBook();

  /**
   * @param sealed messages as the broker carries them
   * @param plain the same messages before they were sealed; none in the plain form
   */
  constructor(
    private readonly sealed: readonly KnownMessage[],
    private readonly plain: readonly KnownMessage[],
    private readonly random: SeededRandom,
  ) {
    for (const message of [...plain, ...sealed]) this.read(message);
  }

  /** The type of a message that is valid at its topic, for whoever believes everybody. Undefined: it is none. */
  typeOf(message: KnownMessage): string | undefined {
    return this.read(message)?.type;
  }

  next(): HostileMessage {
    const { random } = this;
    const message = this.draw();
    const other = this.draw();
    const mutate = mutations[random.integer(mutations.length)] ?? typeConfusion;
    const bytes = random.uniform() < 0.005 ? new Uint8Array() : mutate(message, other, random);
    return { topic: this.topic(message, other), bytes, retain: random.uniform() < 0.2 };
  }

  private draw(): KnownMessage {
    const { random, plain, sealed } = this;
    const list = plain.length > 0 && random.uniform() < 0.3 ? plain : sealed;
    const message = list[random.integer(list.length)];
    if (!message) throw new Error('there are no messages to begin with');
    // The sender is in each message and in its topic: forged in somebody else's name now and then.
    return random.uniform() < 0.1 ? this.renamed(message) : message;
  }

  private renamed(message: KnownMessage): KnownMessage {
    const { random } = this;
    const name =
      random.uniform() < 0.3 ? `invented-${random.integer(3_000)}` : names[random.integer(names.length)];
    const topic = message.topic.replace(/\/(gw|to)\/[^/]+\//, `/$1/${name}/`);
    try {
      const known = this.read(message);
      // A sealed message does not show its sender.
      if (!known) return { topic, bytes: message.bytes };
      const { federation, sender: _, sequence, ...body } = known;
      const envelope = { federation, sender: name ?? '', sequence: (sequence ?? 0) + random.integer(1_000) };
      return { topic, bytes: encodeMessage(envelope, body) };
    } catch {
      return { topic, bytes: message.bytes };
    }
  }

  /** The message with what its topic says. Undefined if it is none. */
  private read({ topic, bytes }: KnownMessage): Message | undefined {
    const federation = topic.split('/')[2] ?? '';
    try {
      // Messages to one gateway come from the coordinator. A name that no gateway may have throws, too.
      const at = readTopic(federation, topic);
      const sender = at?.branch === 'gw' ? at.gateway : coordinatorId;
      return decodeMessage(bytes, undefined, { federation, plans: this.plans, ...(sender && { sender }) });
    } catch {
      return undefined;
    }
  }

  private topic(message: KnownMessage, other: KnownMessage): string {
    return this.random.uniform() < 0.1 ? other.topic : message.topic;
  }
}
