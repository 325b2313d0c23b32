import { createServer, type Server, type ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import { contentType, type Health } from '../../monitoring';
import { FtteError, messageOf } from '../../platform';

/** The role that a watch server answers for. */
export interface WatchedRole {
  readonly health: Health;
  metrics(options: { readonly byGateway: boolean }): string;
}

/** Connections at a time: those who watch are few. */
const mostConnections = 32;

/** Answers `/metrics` and `/health` over HTTP. */
export class WatchServer {
  private readonly server: Server;

  /** @param role what is watched now */
  constructor(role: () => WatchedRole) {
    this.server = createServer((request, response) => {
      // Anybody may ask for anything, such as // that is no URL.
      const [path = '', query = ''] = (request.url ?? '').split('?', 2);
      const answer = answers.get(path);
      if (!answer) return end(response, 404, 'text/plain', 'expected /metrics or /health\n');
      if (request.method !== 'GET' && request.method !== 'HEAD')
        return end(response, 405, 'text/plain', 'expected GET\n');
      answer(role(), response, new URLSearchParams(query).get('gateways') === 'yes');
    });
    this.server.maxConnections = mostConnections;
    this.server.requestTimeout = 10_000;
  }

  /** Listens. @returns its address. @throws FtteError `config-invalid` if it cannot */
  async start(host: string, port: number): Promise<string> {
    await new Promise<void>((done, failed) => {
      this.server.once('error', (error) =>
        failed(new FtteError('config-invalid', `--metrics: cannot listen there: ${messageOf(error)}`)),
      );
      this.server.listen(port, host, done);
    });
    const address = this.server.address();
    const bound = typeof address === 'object' && address ? address.port : port;
    return `http://${isIPv6(host) ? `[${host}]` : host}:${bound}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}

type Answer = (role: WatchedRole, response: ServerResponse, byGateway: boolean) => void;

const metrics: Answer = (role, response, byGateway) =>
  end(response, 200, contentType, role.metrics({ byGateway }));

const health: Answer = ({ health }, response) =>
  end(response, health.isFaulty ? 503 : 200, 'application/json', `${JSON.stringify(health)}\n`);

const answers: ReadonlyMap<string, Answer> = new Map([
  ['/metrics', metrics],
  ['/health', health],
]);

function end(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
}
