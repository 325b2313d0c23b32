import { createHash } from 'node:crypto';
import { Duplex } from 'node:stream';
import { endSoon } from './end-soon';

/** RFC 6455, section 1.3. */
const handshakeGuid = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
/** Codes of a close frame (RFC 6455, 7.4.1). */
const closeCodes = { protocol: 1002, unsupported: 1003, tooBig: 1009 } as const;
/** Pings of a client that does not read are not answered beyond this, bytes. */
const mostPongBytes = 16 * 1024;

/** The lines with which a server accepts a WebSocket of MQTT. */
export function acceptance(key: string): string {
  const accept = createHash('sha1')
    .update(key + handshakeGuid)
    .digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    'Sec-WebSocket-Protocol: mqtt',
    '',
    '',
  ].join('\r\n');
}

/**
 * The server's side of a WebSocket after its handshake (RFC 6455) as a stream of bytes: MQTT pays no attention to the ends of
 * messages (MQTT 3.1.1, 6.0). Bytes pass as they come, so that a frame is never held in memory, whatever length it announces.
 */
export class WebSocketStream extends Duplex {
  /** Header of the current frame, as far as it has come; empty between frames. */
  private header: number[] = [];
  private left = 0;
  private mask: readonly number[] = [];
  private maskAt = 0;
  private opcode = 0;
  /** Payload of a control frame. */
  private control: number[] = [];
  private isClosed = false;
  private hasInputEnded = false;

  /** @param head bytes that came with the handshake */
  constructor(
    private readonly socket: Duplex,
    head: Buffer,
  ) {
    super({ allowHalfOpen: false });
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.once('end', () => this.endInput());
    socket.once('close', () => this.destroy());
    socket.on('error', (error) => this.destroy(error));
    if (head.length > 0) socket.unshift(head);
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.cork();
    this.socket.write(frameHeader(opcodes.binary, chunk.length));
    this.socket.write(chunk, done);
    this.socket.uncork();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.close(1000);
    if (this.socket.writableFinished || this.socket.destroyed) done();
    else this.socket.once('finish', () => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    endSoon(this.socket);
    done(error);
  }

  private receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && !this.isClosed; ) {
      if (this.left === 0) {
        this.header.push(chunk[at++]!);
        if (!this.readHeader()) continue;
        if (this.left === 0) this.frameEnds();
        continue;
      }
      const step = Math.min(this.left, chunk.length - at);
      const part = chunk.subarray(at, at + step);
      for (let i = 0; i < part.length; i++) part[i]! ^= this.mask[(this.maskAt + i) & 3]!;
      this.maskAt = (this.maskAt + step) & 3;
      this.left -= step;
      at += step;
      if (this.opcode >= opcodes.close) this.control.push(...part);
      else if (!this.push(part)) this.socket.pause();
      if (this.left === 0) this.frameEnds();
    }
  }

  /** Whether the header is complete. A frame that a client may not send ends the connection. */
  private readHeader(): boolean {
    const [first = 0, second] = this.header;
    if (second === undefined) return false;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    if (this.header.length < 2 + lengthBytes + 4) {
      // A client has to mask (5.1), extensions were not agreed, and control frames are short and whole (5.5).
      const opcode = first & 0x0f;
      const isControl = opcode >= opcodes.close;
      const isWrong = (first & 0x70) !== 0 || second < 0x80 || (isControl && (first < 0x80 || short > 125));
      if (isWrong) this.close(closeCodes.protocol);
      else if (!isControl && opcode !== opcodes.continuation && opcode !== opcodes.binary)
        this.close(closeCodes.unsupported);
      return false;
    }
    const length = this.header.slice(2, 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
    this.opcode = first & 0x0f;
    this.left = lengthBytes === 0 ? short : length;
    this.mask = this.header.slice(-4);
    this.maskAt = 0;
    this.header = [];
    this.control = [];
    if (Number.isSafeInteger(this.left)) return true;
    this.close(closeCodes.tooBig);
    return false;
  }

  private frameEnds(): void {
    const payload = Buffer.from(this.control);
    this.control = [];
    if (this.opcode === opcodes.close) {
      this.close(payload.length >= 2 ? payload.readUInt16BE() : 1000);
    } else if (this.opcode === opcodes.ping && this.socket.writableLength < mostPongBytes)
      this.socket.write(Buffer.concat([frameHeader(opcodes.pong, payload.length), payload]));
  }

  /** Sends a close frame and ends the connection. */
  private close(code: number): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    if (this.socket.writable) this.socket.end(Buffer.concat([frameHeader(opcodes.close, 2), payload]));
    this.endInput();
  }

  private endInput(): void {
    if (this.hasInputEnded) return;
    this.hasInputEnded = true;
    this.push(null);
  }
}

/** The header of a whole frame, which a server does not mask. */
function frameHeader(opcode: number, length: number): Buffer {
  const first = 0x80 | opcode;
  if (length < 126) return Buffer.from([first, length]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = first;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
