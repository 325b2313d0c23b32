import { Duplex } from 'node:stream';
import { endSoon } from './end-soon';
import { PacketMeter } from './packet-meter';

/** Bytes of one write to the socket. Packets come in many small pieces, which would each be a segment or a frame. */
const writeBytes = 64 * 1024;
/** Bytes that wait for a reader before the writers to it wait, too. */
const patientBytes = 2 ** 20;
/** Place for the header of a packet beside its body. */
const headerBytes = 5;

/** The parts of a connection's life: no CONNECT yet, CONNECT is being checked, a client. */
export type ClientStage = 'silent' | 'checked' | 'client';

export interface ClientStreamOptions {
  /** The connection: TCP, TLS or WebSocket. */
  readonly socket: Duplex;
  /** The largest packet of a client that has not been admitted, in bytes. */
  readonly connectBytes: number;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
  /** The first packet is complete. No byte after it is read before `admit`. */
  readonly onConnect: () => void;
  /** More or fewer bytes wait in this process for this client, or from it. */
  readonly onHeld: () => void;
  /** A packet was too large; the stream ends. */
  readonly onTooLarge: (bytes: number) => void;
}

/**
 * The stream of one client as the broker sees it. It bounds what a client can make the broker hold: only one small packet
 * is read before the password was right, and a packet that is too large ends the stream at its header. By default it takes
 * whatever is written to it, so that a slow client keeps nobody waiting; its owner watches `heldBytes`. A patient one makes
 * writers wait instead: for the coordinator, to which all gateways write.
 */
export class ClientStream extends Duplex {
  isPatient = false;
  private stage: ClientStage = 'silent';
  private readonly meter: PacketMeter;
  private rest: Buffer = Buffer.alloc(0);
  private partialSince: number | undefined;
  private unsentSince: number | undefined;

  constructor(private readonly options: ClientStreamOptions) {
    super({ writableHighWaterMark: patientBytes, allowHalfOpen: false });
    this.meter = new PacketMeter(options.connectBytes);
    const { socket } = options;
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.once('end', () => this.push(null));
    socket.once('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
    // It was paused while nobody knew how it speaks.
    socket.resume();
  }

  /** The client may send packets of this size. */
  admit(maxPacketBytes: number): void {
    if (this.stage === 'client') return;
    this.stage = 'client';
    this.meter.maxBytes = maxPacketBytes;
    const { rest } = this;
    this.rest = Buffer.alloc(0);
    if (rest.length > 0) this.receive(rest);
    this.options.socket.resume();
  }

  /** Bytes that wait to be sent, or belong to a packet that is not complete. */
  get heldBytes(): number {
    return this.writableLength + this.meter.partialBytes;
  }

  /** Since when nothing of what waits was sent, or the same packet is not complete: the earlier of both. */
  get stalledSince(): number | undefined {
    if (this.partialSince === undefined || this.unsentSince === undefined)
      return this.partialSince ?? this.unsentSince;
    return Math.min(this.partialSince, this.unsentSince);
  }

  override write(chunk: unknown, second?: unknown, third?: unknown): boolean {
    const hasRoom = super.write(chunk, second as BufferEncoding, third as () => void);
    this.unsentSince ??= this.options.now();
    this.options.onHeld();
    return hasRoom || !this.isPatient;
  }

  override _read(): void {
    if (this.stage !== 'checked') this.options.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.send([chunk], done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.send(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.options.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.rest = Buffer.alloc(0);
    endSoon(this.options.socket);
    this.options.onHeld();
    done(error);
  }

  private send(chunks: Buffer[], done: (error?: Error | null) => void): void {
    const { socket, now } = this.options;
    const groups: Buffer[][] = [[]];
    let bytes = 0;
    for (const chunk of chunks) {
      if (bytes >= writeBytes) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)?.push(chunk);
      bytes += chunk.length;
    }
    const next = (at: number) => {
      const group = groups[at];
      if (!group) {
        this.unsentSince = undefined;
        done();
        // After `done` the bytes of this write no longer count.
        this.options.onHeld();
        return;
      }
      const data = group.length === 1 && group[0] ? group[0] : Buffer.concat(group);
      socket.write(data, (error?: Error | null) => {
        if (error) return done(error);
        this.unsentSince = now();
        next(at + 1);
      });
    };
    next(0);
  }

  private receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const found = this.meter.next(chunk, at);
      if (!found) {
        this.options.onTooLarge(this.meter.maxBytes + headerBytes);
        this.destroy();
        return;
      }
      at = found.at;
      if (this.stage !== 'silent' || !found.isComplete) continue;
      this.hold(chunk, at);
      return;
    }
    if (this.meter.partialBytes === 0) this.partialSince = undefined;
    else this.partialSince ??= this.options.now();
    if (!this.push(chunk)) this.options.socket.pause();
    this.options.onHeld();
  }

  /** Passes the first packet on, and keeps the bytes after it. */
  private hold(chunk: Buffer, at: number): void {
    this.stage = 'checked';
    this.partialSince = undefined;
    this.options.socket.pause();
    this.rest = chunk.subarray(at);
    this.push(chunk.subarray(0, at));
    this.options.onConnect();
  }
}
