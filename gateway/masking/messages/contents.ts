import { packSegments, type Segment, unpackSegments } from '../../model';
import { FtteError, isName, messageOf } from '../../platform';
import { type CborValue, decodeDeterministic, encodeDeterministic } from '../../security';
import type { CommitteeContent, HelperOffer } from '../committee/committee';
import type { Certificate } from '../opening/helper';
import type { HelperAnswer, Refusal } from '../opening/helper-desk';
import type { OpeningRequest } from '../opening/opening';
import { mostCoordinates, type OpeningList } from '../opening/opening-list';
import type { Deposit } from '../seeds/seed-setup';

/** Message of a gateway to the coordinator about masks. */
export type FromGateway =
  | { readonly kind: 'offer'; readonly offer: HelperOffer }
  | { readonly kind: 'deposit'; readonly deposit: Deposit }
  | { readonly kind: 'held'; readonly epoch: string; readonly gateway: string; readonly setup: string }
  | ({ readonly epoch: string } & HelperAnswer);

/** Message of the coordinator to a gateway about masks. */
export type ToGateway =
  | { readonly kind: 'deposit'; readonly deposit: Deposit }
  | ({ readonly epoch: string } & OpeningRequest);

const kinds = ['offer', 'deposit', 'held', 'vote', 'share', 'refused', 'list', 'answer'] as const;
/** Most characters of a reason. */
const mostText = 200;
const refusals: readonly Refusal[] = ['list', 'reserved', 'full', 'certificate', 'unknown', 'seeds'];

const numbered = (kind: (typeof kinds)[number], ...parts: readonly CborValue[]) =>
  encodeDeterministic([kinds.indexOf(kind), ...parts]);

/** The bytes of what a gateway says. */
export function encodeFromGateway(said: FromGateway): Uint8Array {
  switch (said.kind) {
    case 'offer':
      return numbered('offer', offerParts(said.offer));
    case 'deposit':
      return numbered('deposit', depositParts(said.deposit));
    case 'held':
      return numbered('held', said.epoch, said.gateway, said.setup);
    case 'vote':
      return numbered('vote', said.epoch, said.digest, said.signature);
    case 'share':
      return numbered('share', said.epoch, said.digest, [...said.responders], bytesOf(said.share));
    case 'refused':
      return numbered(
        'refused',
        said.epoch,
        said.digest,
        refusals.indexOf(said.reason),
        said.text.slice(0, mostText),
      );
  }
}

/** The bytes of what the coordinator says to one gateway. */
export function encodeToGateway(said: ToGateway): Uint8Array {
  switch (said.kind) {
    case 'deposit':
      return numbered('deposit', depositParts(said.deposit));
    case 'list':
      return numbered('list', said.epoch, listParts(said.list));
    case 'answer': {
      const { votes, responders } = said.certificate;
      const signed = votes.map(({ helper, signature }) => [helper, signature]);
      return numbered('answer', said.epoch, said.digest, signed, [...responders]);
    }
  }
}

/** The bytes of a committee. */
export const encodeCommittee = ({ number, fewest, threshold, helpers }: CommitteeContent): Uint8Array =>
  encodeDeterministic([number, fewest, threshold, helpers.map(offerParts)]);

/** Reads what a gateway has said. @throws FtteError `message-invalid` */
export function decodeFromGateway(bytes: Uint8Array): FromGateway {
  return reading(bytes, (parts) => {
    const kind = kinds[parts.count()];
    switch (kind) {
      case 'offer':
        return { kind, offer: readOffer(parts.array()) };
      case 'deposit':
        return { kind, deposit: readDeposit(parts.array()) };
      case 'held':
        return { kind, epoch: parts.digest(), gateway: parts.name(), setup: parts.id() };
      case 'vote':
        return { kind, epoch: parts.digest(), digest: parts.digest(), signature: parts.bytes(64) };
      case 'share':
        return {
          kind,
          epoch: parts.digest(),
          digest: parts.digest(),
          responders: parts.array().rest((part) => part.count()),
          share: numbersOf(parts.bytes()),
        };
      case 'refused':
        return {
          kind,
          epoch: parts.digest(),
          digest: parts.digest(),
          reason: refusals[parts.count()] ?? 'list',
          text: parts.text().slice(0, mostText),
        };
      default:
        throw new TypeError(`expected what a gateway says, got ${kind}`);
    }
  });
}

/** Reads what the coordinator has said. @throws FtteError `message-invalid` */
export function decodeToGateway(bytes: Uint8Array): ToGateway {
  return reading(bytes, (parts) => {
    const kind = kinds[parts.count()];
    switch (kind) {
      case 'deposit':
        return { kind, deposit: readDeposit(parts.array()) };
      case 'list': {
        const epoch = parts.digest();
        return { kind, epoch, list: { epoch, ...readList(parts.array()) } };
      }
      case 'answer': {
        const epoch = parts.digest();
        const digest = parts.digest();
        const votes = parts.array().rest((part) => {
          const vote = part.array();
          return { helper: vote.count(), signature: vote.bytes(64) };
        });
        const certificate: Certificate = { votes, responders: parts.array().rest((part) => part.count()) };
        return { kind, epoch, digest, certificate };
      }
      default:
        throw new TypeError(`expected what a coordinator says, got ${kind}`);
    }
  });
}

/** Reads a committee of a federation. @throws FtteError `message-invalid` */
export function decodeCommittee(bytes: Uint8Array, federation: string): CommitteeContent {
  return reading(bytes, (parts) => ({
    federation,
    number: parts.count(),
    fewest: parts.count(),
    threshold: parts.count(),
    helpers: parts.array().rest((part) => readOffer(part.array())),
  }));
}

const offerParts = ({ gateway, identity, sealing, signature }: HelperOffer) => [
  gateway,
  identity,
  sealing,
  signature,
];

const readOffer = (parts: Parts): HelperOffer => ({
  gateway: parts.name(),
  identity: parts.bytes(32),
  sealing: parts.bytes(32),
  signature: parts.bytes(64),
});

const depositParts = (deposit: Deposit) => {
  const { epoch, gateway, identity, setup, helper, ephemeral, sealed, signature } = deposit;
  return [epoch, gateway, identity, setup, helper, ephemeral, sealed, signature];
};

const readDeposit = (parts: Parts): Deposit => ({
  epoch: parts.digest(),
  gateway: parts.name(),
  identity: parts.bytes(32),
  setup: parts.id(),
  helper: parts.count(),
  ephemeral: parts.bytes(32),
  sealed: parts.bytes(),
  signature: parts.bytes(64),
});

const listParts = ({ entries, plans }: OpeningList): readonly CborValue[] => [
  entries.map(({ gateway, setup, update, plan }) => [gateway, setup, update, plan]),
  plans.map((plan) => packSegments(plan)),
];

function readList(parts: Parts): Omit<OpeningList, 'epoch'> {
  const entries = parts.array().rest((part) => {
    const entry = part.array();
    return { gateway: entry.name(), setup: entry.id(), update: entry.id(), plan: entry.count() };
  });
  const plans = parts.array().rest((part): readonly Segment[] => {
    const segments = unpackSegments(part.bytes(), mostCoordinates);
    if (!segments) throw new TypeError('a plan is no list of runs');
    return segments;
  });
  return { entries, plans };
}

/** Numbers of two bytes, the low one first. */
function bytesOf(numbers: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * numbers.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < numbers.length; i++) view.setUint16(2 * i, numbers[i]!, true);
  return bytes;
}

function numbersOf(bytes: Uint8Array): Uint16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, i) => view.getUint16(2 * i, true));
}

function reading<T>(bytes: Uint8Array, read: (parts: Parts) => T): T {
  try {
    return read(new Parts(decodeDeterministic(bytes)));
  } catch (error) {
    throw new FtteError('message-invalid', `masks: ${messageOf(error)}`, {}, { cause: error });
  }
}

/** The parts of an array, one after the other, each with its check. */
class Parts {
  private at = 0;
  private readonly items: readonly CborValue[];

  constructor(value: CborValue) {
    if (!Array.isArray(value)) throw new TypeError('expected an array');
    this.items = value as readonly CborValue[];
  }

  count(): number {
    const value = this.next();
    if (typeof value !== 'number' || value < 0) throw new TypeError('expected a whole number from 0');
    return value;
  }

  text(): string {
    const value = this.next();
    if (typeof value !== 'string') throw new TypeError('expected a text');
    return value;
  }

  name(): string {
    const value = this.text();
    if (!isName(value)) throw new TypeError('expected the name of a gateway');
    return value;
  }

  id(): string {
    return this.hex(16);
  }

  digest(): string {
    return this.hex(64);
  }

  bytes(length?: number): Uint8Array {
    const value = this.next();
    if (!(value instanceof Uint8Array) || value.length !== (length ?? value.length))
      throw new TypeError(`expected ${length ?? 'some'} bytes`);
    return Uint8Array.from(value);
  }

  array(): Parts {
    return new Parts(this.next() ?? 0);
  }

  rest<T>(read: (parts: Parts) => T): T[] {
    const found: T[] = [];
    while (this.at < this.items.length) found.push(read(this));
    return found;
  }

  private hex(digits: number): string {
    const value = this.text();
    if (value.length !== digits || !/^[0-9a-f]*$/.test(value))
      throw new TypeError(`expected ${digits} lowercase hex digits`);
    return value;
  }

  private next(): CborValue | undefined {
    return this.items[this.at++];
  }
}
