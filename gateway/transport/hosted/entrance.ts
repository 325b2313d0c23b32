import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';
import { messageOf } from '../../platform';
import { limits } from './limits';
import { acceptance, WebSocketStream } from './websocket-stream';

/** First bytes: of a CONNECT (MQTT 3.1.1, 3.1.1), of a handshake of TLS (RFC 8446, 5.1), and of `GET`. */
const firstBytes = { connect: 0x10, tls: 0x16, get: 0x47 } as const;

/** The reason for which a connection is not taken. */
export type EntranceRefusal = 'no-mqtt' | 'no-tls' | 'tls-failed';

export interface EntranceOptions {
  /** Absent: no TLS. */
  readonly certificate: SecureContext | undefined;
  /** MQTT is spoken on the stream, whatever it came in. */
  readonly onClient: (stream: Duplex, socket: Socket) => void;
  readonly onRefused: (refusal: EntranceRefusal, socket: Socket, detail: string) => void;
}

/**
 * Finds out by its first byte how a connection speaks: MQTT, MQTT over WebSockets, and each over TLS, all on one port. With
 * a certificate, only programs of this machine may connect without TLS.
 */
export class Entrance {
  private readonly http: Server;
  /** The connections below the streams that HTTP hands on. */
  private readonly sockets = new WeakMap<object, Socket>();

  constructor(private readonly options: EntranceOptions) {
    this.http = createServer(
      { maxHeaderSize: 8192, headersTimeout: limits.connectMs, requestTimeout: limits.connectMs },
      (_request, response) => {
        response.writeHead(426, { Connection: 'close', Upgrade: 'websocket' });
        response.end('This is a broker of MQTT, which it also speaks over WebSockets.\n');
      },
    );
    this.http.on('upgrade', (request, stream, head) => this.upgrade(request, stream, head));
    this.http.on('clientError', (_error, stream) => stream.destroy());
  }

  /** Takes in a connection whose bytes nobody has read. */
  enter(socket: Socket, isLocal: boolean): void {
    socket.on('error', () => socket.destroy());
    this.sniff(socket, socket, isLocal || !this.options.certificate);
  }

  private sniff(stream: Duplex, socket: Socket, mayBePlain: boolean): void {
    stream.once('data', (chunk: Buffer) => {
      stream.pause();
      stream.unshift(chunk);
      const first = chunk[0];
      const isOuter = stream === socket;
      const { certificate } = this.options;
      if (first === firstBytes.tls && isOuter && certificate) this.secure(socket, certificate);
      else if (first !== firstBytes.connect && first !== firstBytes.get)
        this.refuse(
          first === firstBytes.tls && isOuter ? 'tls-failed' : 'no-mqtt',
          socket,
          'no certificate is set',
        );
      else if (!mayBePlain) this.refuse('no-tls', socket, '');
      else if (first === firstBytes.get) {
        this.sockets.set(stream, socket);
        this.http.emit('connection', stream);
        stream.resume();
      } else this.options.onClient(stream, socket);
    });
  }

  private secure(socket: Socket, secureContext: SecureContext): void {
    const stream = new TLSSocket(socket, { isServer: true, secureContext });
    let isSecure = false;
    stream.once('secure', () => {
      isSecure = true;
    });
    stream.on('error', (error) => {
      if (isSecure) socket.destroy();
      else this.refuse('tls-failed', socket, messageOf(error));
    });
    stream.once('close', () => socket.destroy());
    this.sniff(stream, socket, true);
  }

  private upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { 'sec-websocket-key': key = '', 'sec-websocket-protocol': protocols = '' } = request.headers;
    const isMqtt = protocols.split(',').some((name) => name.trim() === 'mqtt');
    const isWebSocket = request.headers.upgrade?.toLowerCase() === 'websocket' && /^[\w+/]{22}==$/.test(key);
    if (!isMqtt || !isWebSocket || request.headers['sec-websocket-version'] !== '13') {
      stream.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    stream.write(acceptance(key));
    this.options.onClient(new WebSocketStream(stream, head), this.socketBelow(stream));
  }

  private socketBelow(stream: object): Socket {
    return this.sockets.get(stream) ?? (stream as Socket);
  }

  private refuse(refusal: EntranceRefusal, socket: Socket, detail: string): void {
    this.options.onRefused(refusal, socket, detail);
    socket.destroy();
  }
}
