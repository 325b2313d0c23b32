import type { Plan, PlanEntry } from '../../model';

/** `[tensor]` or `[tensor, mask]`: bit `c % 8` of byte `c >> 3` is set where input channel c is trained. */
export type EncodedEntry = readonly [number] | readonly [number, Uint8Array];

/** Whether a value is an entry, with a tensor that is a whole number from 0. */
export function isEntry(value: unknown): value is EncodedEntry {
  if (!Array.isArray(value) || value.length < 1 || value.length > 2) return false;
  const [tensor, bits] = value as unknown[];
  return (
    Number.isSafeInteger(tensor) &&
    (tensor as number) >= 0 &&
    (value.length === 1 || bits instanceof Uint8Array)
  );
}

export interface EncodedPlan {
  readonly microBatch: number;
  readonly entries: readonly EncodedEntry[];
}

/** Bytes of channel masks in one plan: one byte becomes up to eight numbers. */
const maxMaskBytes = 65_536;

export function encodePlan(plan: Plan): EncodedPlan {
  return {
    microBatch: plan.microBatch,
    entries: plan.entries.map(({ tensor, channels }) => (channels ? [tensor, mask(channels)] : [tensor])),
  };
}

/** @throws Error saying what is wrong, for a person */
export function decodePlan(encoded: EncodedPlan): Plan {
  let bytes = 0;
  const entries = encoded.entries.map(([tensor, bits], i): PlanEntry => {
    const before = encoded.entries[i - 1]?.[0];
    if (before !== undefined && tensor <= before)
      throw new Error(`entries name tensor ${tensor} after ${before}; they must ascend`);
    if (!bits) return { tensor };
    bytes += bits.length;
    if (bytes > maxMaskBytes)
      throw new Error(`entries hold more than ${maxMaskBytes} bytes of channel masks`);
    return { tensor, channels: channelsOf(bits) };
  });
  return { entries, microBatch: encoded.microBatch };
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
