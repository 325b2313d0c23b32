import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FlowNode } from './demonstration';
import { linkPackage } from './linked-package';

/** A message that a node sent. */
export interface SentMessage {
  readonly nodeType: string;
  readonly nodeId: string;
  readonly port: number;
  readonly msg: Record<string, unknown>;
}

/** Options of a Node-RED. */
export interface HostOptions {
  /** User directory. Absent: a temporary folder that `stop` removes. */
  readonly userDir?: string;
  /** HTTP port of the editor; 0: a free one; undefined: no editor. */
  readonly port?: number;
  readonly flows: readonly object[];
  /** Whether flows in the user directory replace `flows`. */
  readonly keepFlows?: boolean;
  /** Called with every message that a node sends. @param flows gives the flows as they were deployed last */
  readonly onSend?: (sent: SentMessage, flows: () => readonly FlowNode[]) => void;
  /** Node-RED's own log level. */
  readonly logLevel?: 'off' | 'error' | 'warn' | 'info';
}

/** A running Node-RED. */
export interface NodeRedHost {
  /** Address of the editor; undefined without one. */
  readonly url: string | undefined;
  stop(): Promise<void>;
}

type SendEvent = {
  source: { id: string; node?: { type: string }; port: number };
  msg: Record<string, unknown>;
};
/** The used part of node-red's interface for embedding. */
interface NodeRedModule {
  init(server: Server, settings: object): void;
  start(): Promise<void>;
  stop(): Promise<void>;
  httpAdmin: import('node:http').RequestListener;
  hooks: { add(name: string, handler: (events: SendEvent[]) => void): void };
  nodes: { getNode(id: string): { type: string } | null };
  events: { on(name: string, listener: () => void): void };
}

/**
 * Runs a real Node-RED in this process, with this package linked into its user directory as the palette installs it.
 * Resolves when its flows have started. Node-RED is a singleton, so there is one per process.
 */
export async function startNodeRed(options: HostOptions): Promise<NodeRedHost> {
  const temporary = options.userDir === undefined;
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'ftte-node-red-'));
  linkPackage(userDir);
  const dependencies = { '@ftte/node-red-ftte': '*' };
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'demonstration', private: true, dependencies }),
  );
  const flowFile = join(userDir, 'flows.json');
  if (!options.keepFlows || !existsSync(flowFile))
    writeFileSync(flowFile, JSON.stringify(options.flows, null, 2));

  const RED = require('node-red') as NodeRedModule;
  let admin: import('node:http').RequestListener | undefined;
  const server = createServer((request, response) => {
    if (admin) admin(request, response);
    else response.writeHead(503).end();
  });
  const withEditor = options.port !== undefined;
  const port = withEditor ? await listen(server, options.port ?? 0) : undefined;
  RED.init(server, {
    userDir,
    flowFile: 'flows.json',
    httpAdminRoot: withEditor ? '/' : false,
    httpNodeRoot: false,
    disableEditor: !withEditor,
    credentialSecret: 'demonstration',
    uiPort: port,
    logging: { console: { level: options.logLevel ?? 'warn', metrics: false, audit: false } },
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: {
      tours: false,
      palette: { catalogues: [] },
      header: { title: 'Federated learning demonstration' },
    },
  });
  if (options.onSend) {
    const { onSend } = options;
    const flows = () => JSON.parse(readFileSync(flowFile, 'utf8')) as FlowNode[];
    RED.hooks.add('onSend.demonstration', (events) => {
      for (const { source, msg } of events) {
        const nodeType = RED.nodes.getNode(source.id)?.type ?? '';
        onSend({ nodeType, nodeId: source.id, port: source.port, msg }, flows);
      }
    });
  }
  const started = new Promise<void>((resolve) => RED.events.on('flows:started', resolve));
  admin = withEditor ? RED.httpAdmin : undefined;
  await RED.start();
  await started;
  return {
    url: port === undefined ? undefined : `http://127.0.0.1:${port}/`,
    stop: async () => {
      await RED.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (temporary) rmSync(userDir, { recursive: true, force: true });
    },
  };
}

/** Listens on a port of loopback. @returns the port @throws if the port is taken */
function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}
