import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { type CborValue, encodeDeterministic } from '../cbor/encode';
import { encrypt0, nonceBytes, readEncrypt0, type SealedEncrypt0 } from '../cose/encrypt0';
import { externalData } from '../cose/structure';
import { SecurityError } from '../rules/security-error';

/** Most messages that one key seals (P-19). */
export const mostMessages = 2 ** 32;
/** Topics that one key may be used on: a peer cannot make a receiver remember more. */
const mostTopics = 64;
const keyBytes = 32;

/** A key with its context IV (RFC 9052, section 3.1). */
export interface SealingMaterial {
  readonly key: KeyObject;
  readonly contextIv: Uint8Array;
}

/** A key and its context IV by HKDF-SHA-256 (RFC 5869) of a secret, without salt. @param info names the use of the key */
export function deriveMaterial(secret: Uint8Array, info: readonly CborValue[]): SealingMaterial {
  const bytes = new Uint8Array(
    hkdfSync('sha256', secret, new Uint8Array(0), encodeDeterministic(info), keyBytes + nonceBytes),
  );
  return { key: createSecretKey(bytes.subarray(0, keyBytes)), contextIv: bytes.slice(keyBytes) };
}

/** Seals messages with counters from 0 (P-17). Nothing else may seal with the same material. */
export class Sealer {
  private counter = 0;

  /** @param keyId the key id in the header, if the receiver has several keys @param first the first counter, for tests */
  constructor(
    private readonly material: SealingMaterial,
    private readonly keyId?: Uint8Array,
    first = 0,
  ) {
    this.counter = first;
  }

  /** Messages that were sealed. */
  get sealed(): number {
    return this.counter;
  }

  /**
   * @param payload the content, or a function that makes it for the counter that it gets
   * @throws SecurityError `exhausted` after 2^32 messages (P-19); `oversize`
   */
  seal(topic: string, payload: Uint8Array | ((counter: number) => Uint8Array)): Uint8Array {
    if (this.counter >= mostMessages)
      throw new SecurityError('exhausted', 'the key has sealed 2^32 messages: the pair has to be made again');
    // Taken before anything can fail: a counter is never used for two messages.
    const counter = this.counter++;
    const content = payload instanceof Uint8Array ? payload : payload(counter);
    const { key, contextIv } = this.material;
    const partialIv = bigEndian(counter);
    const headers = { partialIv, ...(this.keyId && { keyId: this.keyId }) };
    return encrypt0(key, nonceOf(contextIv, partialIv), content, externalData(topic), headers);
  }
}

/** A message that was opened. */
export interface Opened {
  readonly payload: Uint8Array;
  readonly counter: number;
}

/** Options of a message that is opened. */
export interface OpenOptions {
  /** The topic is retained, so its newest message may come again. Default false. */
  readonly mayRepeat?: boolean;
  /** Throws if the content is refused: its counter then does not count, so that it cannot shut others out. */
  readonly check?: (opened: Opened) => void;
}

/** Opens messages of a `Sealer`, each once: counters on one topic go up (P-18). */
export class Opener {
  /** The highest counter of each topic. */
  private readonly highest = new Map<string, number>();

  constructor(private readonly material: SealingMaterial) {}

  /**
   * @throws SecurityError `repeated`, `forged`, `header`, `oversize`
   */
  open(topic: string, message: Uint8Array | SealedEncrypt0, options: OpenOptions = {}): Opened {
    const sealed = message instanceof Uint8Array ? readEncrypt0(message) : message;
    const { mayRepeat = false, check } = options;
    const { partialIv } = sealed.headers;
    const counter = counterOf(partialIv);
    const before = this.highest.get(topic) ?? -1;
    if (counter < before || (counter === before && !mayRepeat))
      throw new SecurityError('repeated', `the counter is ${counter}, expected more than ${before}`);
    if (before < 0 && this.highest.size >= mostTopics)
      throw new SecurityError('oversize', `messages on more than ${mostTopics} topics under one key`);
    const { key, contextIv } = this.material;
    const payload = sealed.open(key, nonceOf(contextIv, bigEndian(counter)), externalData(topic));
    check?.({ payload, counter });
    this.highest.set(topic, counter);
    return { payload, counter };
  }
}

/** The shortest big-endian form of a number below 2^53; one byte for 0. */
export function bigEndian(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0 || bytes.length === 0; rest = Math.floor(rest / 256))
    bytes.unshift(rest % 256);
  return Uint8Array.from(bytes);
}

/** @throws SecurityError `header` unless the bytes are the shortest form of a counter */
function counterOf(partialIv: Uint8Array | undefined): number {
  if (!partialIv) throw new SecurityError('header', 'COSE header: the Partial IV is missing');
  let counter = 0;
  for (const byte of partialIv) counter = counter * 256 + byte;
  if (counter >= mostMessages || (partialIv.length > 1 && partialIv[0] === 0))
    throw new SecurityError('header', 'COSE header: the Partial IV is not the shortest form of a counter');
  return counter;
}

/** The context IV XOR the Partial IV, which is padded with zeros on the left. */
function nonceOf(contextIv: Uint8Array, partialIv: Uint8Array): Uint8Array {
  const nonce = Uint8Array.from(contextIv);
  const shift = nonce.length - partialIv.length;
  for (const [i, byte] of partialIv.entries()) nonce[shift + i]! ^= byte;
  return nonce;
}
