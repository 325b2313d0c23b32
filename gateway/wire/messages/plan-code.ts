import type { Plan, PlanEntry } from '../../model';
import { readVarint, writeVarint } from './varint';

/** `[tensor]` or `[tensor, mask]`: bit `c % 8` of byte `c >> 3` is set where input channel c is trained. */
type EarlierEntry = readonly [number] | readonly [number, Uint8Array];

/** A plan as version 1 of the protocol wrote it, and as updates of that version are in outboxes. */
export interface EarlierPlan {
  readonly microBatch: number;
  readonly entries: readonly EarlierEntry[];
}

/** Entries of one plan, and bytes of its channel masks: one byte becomes up to eight numbers. */
const [maxEntries, maxMaskBytes, maxMicroBatch] = [1024, 65_536, 1024];

/**
 * A plan as bytes, the same for the same plan: the micro-batch, then for each entry twice the number of tensors since
 * that of the entry before, plus 1 if its channel mask follows, as its length and its bytes. Numbers are unsigned LEB128.
 */
export function encodePlan({ microBatch, entries }: Plan): Uint8Array {
  const bytes: number[] = [];
  writeVarint(bytes, microBatch);
  let next = 0;
  for (const { tensor, channels } of entries) {
    if (tensor < next) throw new Error(`entries name tensor ${tensor} after ${next - 1}; they must ascend`);
    writeVarint(bytes, 2 * (tensor - next) + (channels ? 1 : 0));
    next = tensor + 1;
    if (!channels) continue;
    const bits = mask(channels);
    writeVarint(bytes, bits.length);
    bytes.push(...bits);
  }
  return Uint8Array.from(bytes);
}

/** @throws Error saying what is wrong, for a person */
export function decodePlan(bytes: Uint8Array): Plan {
  const reading = { bytes, at: 0 };
  const microBatch = readVarint(reading);
  const entries: PlanEntry[] = [];
  let next = 0;
  let masks = 0;
  while (reading.at < bytes.length) {
    const head = readVarint(reading);
    const tensor = next + Math.floor(head / 2);
    next = tensor + 1;
    if (head % 2 === 0) entries.push({ tensor });
    else {
      const length = readVarint(reading);
      if (length > bytes.length - reading.at) throw new Error('a channel mask is longer than the plan');
      masks += length;
      requireMasks(masks);
      entries.push({ tensor, channels: channelsOf(bytes.subarray(reading.at, reading.at + length)) });
      reading.at += length;
    }
    if (entries.length > maxEntries) throw new Error(`more than ${maxEntries} entries`);
  }
  return { entries, microBatch: requireMicroBatch(microBatch) };
}

/** @throws Error saying what is wrong, for a person */
export function decodeEarlierPlan({ microBatch, entries }: EarlierPlan): Plan {
  if (entries.length > maxEntries) throw new Error(`more than ${maxEntries} entries`);
  let masks = 0;
  let next = 0;
  const decoded = entries.map(([tensor, bits]): PlanEntry => {
    if (!(tensor >= next))
      throw new Error(`entries name tensor ${tensor} after ${next - 1}; they must ascend`);
    next = tensor + 1;
    if (!bits) return { tensor };
    masks += bits.length;
    requireMasks(masks);
    return { tensor, channels: channelsOf(bits) };
  });
  return { entries: decoded, microBatch: requireMicroBatch(microBatch) };
}

/** Whether a value is a plan of version 1. */
export function isEarlierPlan(value: unknown): value is EarlierPlan {
  const { microBatch, entries } = (value ?? {}) as Partial<EarlierPlan>;
  return Number.isSafeInteger(microBatch) && Array.isArray(entries) && entries.every(isEntry);
}

function isEntry(value: unknown): boolean {
  if (!Array.isArray(value) || value.length < 1 || value.length > 2) return false;
  const [tensor, bits] = value as unknown[];
  return (
    Number.isSafeInteger(tensor) &&
    (tensor as number) >= 0 &&
    (value.length === 1 || bits instanceof Uint8Array)
  );
}

function requireMicroBatch(microBatch: number): number {
  if (microBatch >= 1 && microBatch <= maxMicroBatch) return microBatch;
  throw new Error(`the micro-batch is ${microBatch}, expected 1 to ${maxMicroBatch}`);
}

function requireMasks(bytes: number): void {
  if (bytes > maxMaskBytes) throw new Error(`entries hold more than ${maxMaskBytes} bytes of channel masks`);
}

function mask(channels: readonly number[]): Uint8Array {
  const bits = new Uint8Array(((channels[channels.length - 1] ?? -1) >> 3) + 1);
  for (const channel of channels) bits[channel >> 3]! |= 1 << (channel & 7);
  return bits;
}

function channelsOf(bits: Uint8Array): number[] {
  const channels: number[] = [];
  for (let channel = 0; channel < bits.length * 8; channel++)
    if (bits[channel >> 3]! & (1 << (channel & 7))) channels.push(channel);
  return channels;
}
