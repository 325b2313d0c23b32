import { crc32, type Resumable } from '../../platform';
import { windowBytes } from '../fleet/counter-window';
import type { SavedMember } from '../fleet/membership';
import { idBytes } from '../fleet/seen-ids';
import { damaged } from './array-container';

/** `FTTEMB` and the version of the format. */
const magic = Buffer.from('FTTEMB02', 'latin1');
/** The form before, in which no member has counters. */
const magicBefore = Buffer.from('FTTEMB01', 'latin1');
/** Length of the name, three float64 numbers, and the number of ids, in bytes. */
const fixedBytes = 1 + 3 * 8 + 2;
/** Members between two pauses. */
const membersPerStep = 256;

/**
 * All members as bytes: magic; for each member u8 length of the name, the name (Latin-1), float64 budget, number of
 * contributions and time of the last message, u16 number of ids, 8 bytes for each id, and one byte that is 1 if a
 * `CounterWindow` follows; then CRC-32 of everything before it. It runs in steps. A change during the steps may be missing,
 * so changes have to be kept from the first step on.
 */
export function* encodeRoster(
  members: Iterable<SavedMember>,
  perStep = membersPerStep,
): Resumable<Uint8Array[]> {
  const parts: Uint8Array[] = [magic];
  let crc = crc32(magic);
  let step: Uint8Array[] = [];
  let count = 0;
  const close = () => {
    const part = Buffer.concat(step);
    crc = crc32(part, crc);
    parts.push(part);
    step = [];
  };
  for (const member of members) {
    step.push(...memberBytes(member));
    if (++count % perStep !== 0) continue;
    close();
    yield;
  }
  close();
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(crc);
  return [...parts, sum];
}

function memberBytes({
  id,
  budgetBytes,
  contributions,
  lastHeardMs,
  seen,
  counters,
}: SavedMember): Uint8Array[] {
  const head = Buffer.allocUnsafe(fixedBytes + id.length);
  let at = head.writeUInt8(id.length);
  at += head.write(id, at, 'latin1');
  for (const number of [budgetBytes, contributions, lastHeardMs]) at = head.writeDoubleLE(number, at);
  head.writeUInt16LE(seen.length / idBytes, at);
  return counters ? [head, seen, Uint8Array.of(1), counters] : [head, seen, Uint8Array.of(0)];
}

/** @throws FtteError `checkpoint-damaged` naming the damage */
export function decodeRoster(bytes: Uint8Array): SavedMember[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = buffer.length - 4;
  if (end < magic.length) throw damaged(`it is only ${buffer.length} bytes long`);
  const before = buffer.subarray(0, magic.length).equals(magicBefore);
  if (!before && !buffer.subarray(0, magic.length).equals(magic))
    throw damaged('it does not begin like a roster');
  if (crc32(buffer.subarray(0, end)) !== buffer.readUInt32LE(end)) {
    throw damaged('its checksum differs');
  }
  const members: SavedMember[] = [];
  for (let at = magic.length; at < end; ) {
    const numbers = at + 1 + (buffer[at] ?? 0);
    const ids = at + fixedBytes + (buffer[at] ?? 0);
    if (ids > end) throw damaged(`its member ${members.length} ends at ${ids} of ${end} bytes`);
    const window = ids + buffer.readUInt16LE(ids - 2) * idBytes;
    const counters = before || window >= end || buffer[window] !== 1 ? 0 : windowBytes;
    const next = window + (before ? 0 : 1) + counters;
    if (next > end) throw damaged(`the ids of its member ${members.length} end at ${next} of ${end} bytes`);
    members.push({
      id: buffer.toString('latin1', at + 1, numbers),
      budgetBytes: buffer.readDoubleLE(numbers),
      contributions: buffer.readDoubleLE(numbers + 8),
      lastHeardMs: buffer.readDoubleLE(numbers + 16),
      seen: buffer.subarray(ids, window),
      ...(counters > 0 && { counters: buffer.subarray(next - counters, next) }),
    });
    at = next;
  }
  return members;
}
