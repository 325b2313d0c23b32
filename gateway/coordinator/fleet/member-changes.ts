import { FtteError } from '../../platform';
import { idBytes } from './seen-ids';
import type { UpdateName } from './seen-updates';

const kinds = { hello: 1, heard: 2, accepted: 3, removed: 4, counted: 5 } as const;
/** Kind and length of the name. */
const headBytes = 2;
const numberBytes = 8;

/** From this size on, writing all members once is cheaper than these bytes with every version. */
const dueBytes = 64 * 1024;
/** Largest size: beyond it the changes are dropped, and all members must be written. */
const mostBytes = 1024 * 1024;

/**
 * Changes among the members since all of them were last written, as bytes to which entries are appended: a checkpoint
 * holds them as they are, so its cost depends on what has changed, not on the number of members. An entry is its kind
 * (u8), the gateway's name (u8 length, Latin-1), and the values of the kind: float64 numbers, little endian, an id as 8
 * bytes. `counted` is an accepted update with its counter. Entries may be replayed over members that hold them already, except
 * for accepted updates.
 */
export class MemberChanges implements MemberEvents {
  private buffer = Buffer.alloc(0);
  private used = 0;
  private overflowed = false;

  /** @param due size in bytes from which all members are to be written again */
  constructor(private readonly due = dueBytes) {}

  /** A view that further entries do not change; undefined if the changes were dropped. */
  get bytes(): Uint8Array | undefined {
    return this.overflowed ? undefined : this.buffer.subarray(0, this.used);
  }

  /** Whether all members are to be written again. */
  get isDue(): boolean {
    return this.overflowed || this.used >= this.due;
  }

  /** Starts again from no changes, because all members are being written. */
  clear(): void {
    // Views of the former bytes may still be on their way to the disk.
    this.buffer = Buffer.alloc(0);
    this.used = 0;
    this.overflowed = false;
  }

  /** Continues from the bytes of a checkpoint. */
  resume(bytes: Uint8Array): void {
    this.clear();
    this.buffer = Buffer.from(bytes);
    this.used = bytes.length;
  }

  hello(gateway: string, budgetBytes: number, nowMs: number): void {
    const at = this.begin(kinds.hello, gateway, 2 * numberBytes);
    if (at === undefined) return;
    this.buffer.writeDoubleLE(budgetBytes, at);
    this.buffer.writeDoubleLE(nowMs, at + numberBytes);
  }

  heard(gateway: string, nowMs: number): void {
    const at = this.begin(kinds.heard, gateway, numberBytes);
    if (at !== undefined) this.buffer.writeDoubleLE(nowMs, at);
  }

  accepted(gateway: string, { id, counter }: UpdateName, nowMs: number): void {
    const kind = counter === undefined ? kinds.accepted : kinds.counted;
    const at = this.begin(kind, gateway, bytesOf(kind, this.used));
    if (at === undefined) return;
    this.buffer.write(id, at, idBytes, 'hex');
    this.buffer.writeDoubleLE(nowMs, at + idBytes);
    if (counter !== undefined) this.buffer.writeDoubleLE(counter, at + idBytes + numberBytes);
  }

  removed(gateway: string): void {
    this.begin(kinds.removed, gateway, 0);
  }

  /** Writes the head of an entry. @returns the offset of its values; undefined if the changes were dropped */
  private begin(kind: number, gateway: string, more: number): number | undefined {
    const end = this.used + headBytes + gateway.length + more;
    if (end > mostBytes) this.overflowed = true;
    if (this.overflowed) return undefined;
    if (end > this.buffer.length) this.grow(end);
    this.buffer[this.used] = kind;
    this.buffer[this.used + 1] = gateway.length;
    this.buffer.write(gateway, this.used + headBytes, 'latin1');
    this.used = end;
    return end - more;
  }

  private grow(least: number): void {
    const larger = Buffer.alloc(Math.max(least, 2 * this.buffer.length, 4096));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
  }
}

/** Changes among the members that a checkpoint must hold. */
export interface MemberEvents {
  /** A hello came. */
  hello(gateway: string, budgetBytes: number, nowMs: number): void;
  /** A presence came. */
  heard(gateway: string, nowMs: number): void;
  /** An update of it was accepted, whose id has 16 hex digits. */
  accepted(gateway: string, update: UpdateName, nowMs: number): void;
  /** The gateway was forgotten. */
  removed(gateway: string): void;
}

/**
 * Calls `into` for each entry in the bytes of a `MemberChanges`, in order.
 * @throws FtteError `checkpoint-damaged` at the first invalid entry
 */
export function replayChanges(bytes: Uint8Array, into: MemberEvents): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < buffer.length) {
    const kind = buffer[at];
    const from = at + headBytes + (buffer[at + 1] ?? 0);
    const end = from + bytesOf(kind, at);
    if (end > buffer.length)
      throw damaged(`changes of the members: the entry at byte ${at} ends at ${end} of ${buffer.length}`);
    const gateway = buffer.toString('latin1', at + headBytes, from);
    if (kind === kinds.hello) into.hello(gateway, buffer.readDoubleLE(from), buffer.readDoubleLE(from + 8));
    else if (kind === kinds.heard) into.heard(gateway, buffer.readDoubleLE(from));
    else if (kind === kinds.removed) into.removed(gateway);
    else {
      const id = buffer.toString('hex', from, from + idBytes);
      const time = from + idBytes;
      const counter = kind === kinds.counted ? buffer.readDoubleLE(time + numberBytes) : undefined;
      into.accepted(gateway, { id, counter }, buffer.readDoubleLE(time));
    }
    at = end;
  }
}

/** Size of an entry's values, which follow its name. */
function bytesOf(kind: number | undefined, at: number): number {
  switch (kind) {
    case kinds.hello:
      return 2 * numberBytes;
    case kinds.heard:
      return numberBytes;
    case kinds.accepted:
      return idBytes + numberBytes;
    case kinds.counted:
      return idBytes + 2 * numberBytes;
    case kinds.removed:
      return 0;
    default:
      throw damaged(`changes of the members: byte ${at} is no kind of entry`);
  }
}

function damaged(text: string): FtteError {
  return new FtteError('checkpoint-damaged', text);
}
