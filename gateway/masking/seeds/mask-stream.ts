import { createCipheriv, hkdfSync } from 'node:crypto';
import { endianness } from 'node:os';
import type { Segment } from '../../model';
import type { Resumable } from '../../platform';
import { encodeDeterministic } from '../../security';

/** Bytes of a seed. */
export const seedBytes = 32;

/** The names that a mask belongs to. Two updates, two gateways or two seeds never have one mask. */
export interface MaskName {
  readonly federation: string;
  /** Digest of the committee that holds the seeds, 64 hex digits. */
  readonly epoch: string;
  readonly gateway: string;
  /** Names the seeds of the gateway, 16 hex digits. */
  readonly setup: string;
  /** Id of the update, 16 hex digits. */
  readonly update: string;
}

/** Numbers of two bytes in a block of AES. */
const perBlock = 8;
/** Numbers that are made at a time: 64 KiB of key stream. */
const mostAtOnce = 32_768;
/** Gap between two runs up to which the numbers between them are made and left out: a cipher of its own takes longer. */
const smallGap = 4096;

const zeros = Buffer.alloc(2 * (mostAtOnce + perBlock));

/** The key of the masks of one update under one seed: HKDF-SHA-256 (RFC 5869) with all names in the info. */
export function maskKey(seed: Uint8Array, index: number, name: MaskName): Uint8Array {
  const { federation, epoch, gateway, setup, update } = name;
  const info = encodeDeterministic(['ftte mask', 1, federation, epoch, gateway, setup, index, update]);
  return new Uint8Array(hkdfSync('sha256', seed, new Uint8Array(0), info, 32));
}

/**
 * Adds masks to numbers modulo 2^16, with pauses. The mask of coordinate c is number c of the key stream of
 * AES-256 in counter mode, two bytes, the low one first: it depends on the coordinate, not on its place in a plan.
 * @param key of `maskKey`
 * @param segments coordinates, ascending; `into` has one number for each
 */
export function* addMasks(key: Uint8Array, segments: readonly Segment[], into: Uint16Array): Resumable<void> {
  let at = 0;
  for (const { from, to, runs } of spans(segments)) {
    const stream = streamOf(key, from, to);
    for (const { offset, length } of runs) {
      for (let i = offset - from, end = i + length; i < end; i++) into[at++]! += stream[i]!;
    }
    yield;
  }
}

interface Span {
  from: number;
  to: number;
  readonly runs: Segment[];
}

/** The segments in spans of a bounded number of coordinates. */
function* spans(segments: readonly Segment[]): Generator<Span> {
  let span: Span | undefined;
  for (const segment of segments) {
    for (let { offset, length } = segment; length > 0; ) {
      if (span && (offset - span.to > smallGap || offset - span.from >= mostAtOnce)) {
        yield span;
        span = undefined;
      }
      span ??= { from: offset, to: offset, runs: [] };
      const part = Math.min(length, span.from + mostAtOnce - offset);
      span.runs.push({ offset, length: part });
      span.to = offset + part;
      offset += part;
      length -= part;
    }
  }
  if (span) yield span;
}

/** The numbers of the key stream for the coordinates from `from` up to `to`. */
function streamOf(key: Uint8Array, from: number, to: number): Uint16Array {
  const block = Math.floor(from / perBlock);
  const skip = from - block * perBlock;
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(block, 12);
  const bytes = createCipheriv('aes-256-ctr', key, counter).update(zeros.subarray(0, 2 * (skip + to - from)));
  if (endianness() === 'BE') bytes.swap16();
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(bytes);
  return new Uint16Array(aligned.buffer, aligned.byteOffset + 2 * skip, to - from);
}
