// Kernels whose frozen channels are held in fewer bytes, brought to float32 eight columns at a time. Each row of
// outputs, at one position and channel, lies in full either among the trained rows or among the rounded ones.
import { loadLanes, storeLanes } from './lanes';

/** 2^112 moves the exponent of a half, shifted to where a float32 has it, from one bias to the other. */
const HALF_TO_SINGLE: f32 = 5192296858534827628530496329220096.0;

/** Four numbers of a row, of 32, 16 or 8 bits. It may read up to three beyond. */
@inline
function four(at: usize, bits: i32, scale: v128): v128 {
  if (bits == 32) return v128.load(at);
  if (bits == 16) {
    const half = v128.load_ext<u16>(at);
    const size = v128.shl<i32>(v128.and(half, i32x4.splat(0x7fff)), 13);
    const sign = v128.shl<i32>(v128.and(half, i32x4.splat(0x8000)), 16);
    return v128.or(v128.mul<f32>(size, f32x4.splat(HALF_TO_SINGLE)), sign);
  }
  const codes = v128.extend_low<i16>(v128.extend_low<i8>(v128.load_zero<u32>(at)));
  return v128.mul<f32>(v128.convert<i32>(codes), scale);
}

/** Place of a channel: 0 or more among the trained, -1 and below among the frozen. */
@inline
function placeOf(table: usize, channel: i32): i32 {
  return table ? load<i32>(table + (<usize>channel << 2)) : -1 - channel;
}

export function expand(
  codes: usize, bits: i32, scales: usize, values: usize, table: usize, panel: usize,
  channels: i32, outputs: i32, trained: i32, first: i32, from: i32, rows: i32,
): void {
  const taken = outputs - first;
  const none = f32x4.splat(0);
  const frozen = channels - trained;
  const scale0 = scales ? loadLanes(scales + (<usize>first << 2), taken) : none;
  const scale1 = scales ? loadLanes(scales + (<usize>first << 2) + 16, taken - 4) : none;
  const bytes = bits >> 3;
  let p = from / channels;
  let c = from - p * channels;
  for (; rows > 0; rows--) {
    const place = placeOf(table, c);
    let v0: v128, v1: v128;
    if (place >= 0) {
      const at = values + (<usize>((p * trained + place) * outputs + first) << 2);
      v0 = loadLanes(at, taken);
      v1 = loadLanes(at + 16, taken - 4);
    } else {
      const at = codes + <usize>(((p * frozen - 1 - place) * outputs + first) * bytes);
      v0 = four(at, bits, scale0);
      v1 = four(at + (bytes << 2), bits, scale1);
    }
    if (taken >= 8) {
      v128.store(panel, v0);
      v128.store(panel, v1, 16);
    } else {
      v128.store(panel, none);
      v128.store(panel, none, 16);
      storeLanes(panel, v0, taken);
      if (taken > 4) storeLanes(panel + 16, v1, taken - 4);
    }
    panel += 32;
    if (++c == channels) {
      c = 0;
      p++;
    }
  }
}

export function expandTransposed(
  codes: usize, bits: i32, scales: usize, values: usize, table: usize, panel: usize,
  positions: i32, channels: i32, outputs: i32, trained: i32, first: i32, from: i32, rows: i32,
): void {
  const frozen = channels - trained;
  const bytes = bits >> 3;
  if (channels - first < 8) memory.fill(panel, 0, <usize>rows << 5);
  const columns = min(8, channels - first);
  while (rows > 0) {
    const flipped = from / outputs;
    const start = from - flipped * outputs;
    const count = min(rows, outputs - start);
    const p = positions - 1 - flipped;
    for (let j = 0; j < columns; j++) {
      const place = placeOf(table, first + j);
      const own = place >= 0;
      const width = own ? 32 : bits;
      const step: usize = own ? 4 : bytes;
      let at = own
        ? values + (<usize>((p * trained + place) * outputs + start) << 2)
        : codes + <usize>(((p * frozen - 1 - place) * outputs + start) * bytes);
      let to = panel + (<usize>j << 2);
      let scaleAt = scales + (<usize>start << 2);
      let n = 0;
      for (; n + 4 <= count; n += 4) {
        const scale = scales ? v128.load(scaleAt) : f32x4.splat(0);
        const v = four(at, width, scale);
        v128.store_lane<f32>(to, v, 0);
        v128.store_lane<f32>(to, v, 1, 32);
        v128.store_lane<f32>(to, v, 2, 64);
        v128.store_lane<f32>(to, v, 3, 96);
        at += step << 2;
        to += 128;
        scaleAt += 16;
      }
      for (; n < count; n++) {
        const scale = scales ? v128.load_splat<f32>(scaleAt) : f32x4.splat(0);
        store<f32>(to, f32x4.extract_lane(four(at, width, scale), 0));
        at += step;
        to += 32;
        scaleAt += 4;
      }
    }
    panel += <usize>count << 5;
    from += count;
    rows -= count;
  }
}

export function expandRows(
  codes: usize, bits: i32, scales: usize, values: usize, table: usize, to: usize,
  outputs: i32, first: i32, count: i32,
): void {
  const bytes = bits >> 3;
  for (let c = first; c < first + count; c++) {
    const place = placeOf(table, c);
    const own = place >= 0;
    const width = own ? 32 : bits;
    const step: usize = own ? 16 : bytes << 2;
    let at = own ? values + (<usize>(place * outputs) << 2) : codes + <usize>((-1 - place) * outputs * bytes);
    let scaleAt = scales;
    for (let left = outputs; left > 0; left -= 4) {
      storeLanes(to, four(at, width, scales ? loadLanes(scaleAt, left) : f32x4.splat(0)), left);
      at += step;
      scaleAt += 16;
      to += 16;
    }
    to -= <usize>(-outputs & 3) << 2;
  }
}
