import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type EventLoopDelay, watchEventLoop } from './event-loop-delay';
import { type HostOptions, type NodeRedHost, type SentMessage, startNodeRed } from './node-red-host';

/** Options of a Node-RED in a process of its own. */
export interface HostProcessOptions extends Omit<HostOptions, 'onSend'> {
  /** Outputs whose messages are passed to `onSend`. */
  readonly forward: readonly { nodeType: string; port: number }[];
  readonly onSend: (sent: SentMessage) => void;
  /** Path of another Node.js. */
  readonly execPath?: string;
}

/** A running Node-RED in a process of its own. */
export interface HostProcess extends NodeRedHost {
  readonly process: ChildProcess;
  /** Starts measuring the event loop of the process. The returned function ends the measurement. */
  watch(): Promise<() => Promise<EventLoopDelay>>;
}

type ToChild =
  | { kind: 'start'; options: Omit<HostOptions, 'onSend'>; forward: HostProcessOptions['forward'] }
  | { kind: 'watch' }
  | { kind: 'report' }
  | { kind: 'stop' };
type ToParent =
  | { kind: 'watching' }
  | { kind: 'delay'; delay: EventLoopDelay }
  | { kind: 'started'; url: string | undefined }
  | { kind: 'failed'; reason: string }
  | { kind: 'sent'; sent: SentMessage };

/** Runs `startNodeRed` in a process of its own, as on a machine of its own. `stop` resolves when that has exited. */
export async function spawnNodeRed(options: HostProcessOptions): Promise<HostProcess> {
  const { forward, onSend, execPath, ...hostOptions } = options;
  const child = fork(__filename, [], {
    serialization: 'advanced',
    execPath,
    // The built package where it is current, which starts in half the time.
    execArgv: ['--require', join(__dirname, '..', '..', 'test', 'loader.cjs')],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await new Promise<string | undefined>((resolve, reject) => {
    child.on('message', (message: ToParent) => {
      if (message.kind === 'sent') onSend(message.sent);
      else if (message.kind === 'started') resolve(message.url);
      else if (message.kind === 'failed') reject(new Error(message.reason));
    });
    child.once('exit', (code) => reject(new Error(`Node-RED ended with code ${code}`)));
    child.send({ kind: 'start', options: hostOptions, forward } satisfies ToChild);
  });
  const ask = <Kind extends ToParent['kind']>(question: ToChild, kind: Kind) =>
    new Promise<Extract<ToParent, { kind: Kind }>>((resolve, reject) => {
      const onMessage = (message: ToParent) => {
        if (message.kind !== kind) return;
        child.off('message', onMessage);
        resolve(message as Extract<ToParent, { kind: Kind }>); // the kind distinguishes the messages
      };
      child.on('message', onMessage);
      child.once('exit', (code) => reject(new Error(`Node-RED ended with code ${code}`)));
      child.send(question);
    });
  return {
    url,
    process: child,
    watch: async () => {
      await ask({ kind: 'watch' }, 'watching');
      return async () => (await ask({ kind: 'report' }, 'delay')).delay;
    },
    stop: async () => {
      if (child.connected) child.send({ kind: 'stop' } satisfies ToChild);
      await exited;
    },
  };
}

/** The code of the child process. */
function serve(): void {
  let host: NodeRedHost | undefined;
  let watched: (() => EventLoopDelay) | undefined;
  const send = (message: ToParent): void => void process.send?.(message);
  const stop = async () => {
    await host?.stop();
    process.exit(0);
  };
  process.on('disconnect', () => void stop());
  process.on('message', (message: ToChild) => {
    if (message.kind === 'watch') {
      watched = watchEventLoop();
      return send({ kind: 'watching' });
    }
    if (message.kind === 'report') {
      if (watched) send({ kind: 'delay', delay: watched() });
      return;
    }
    if (message.kind === 'stop') {
      void stop();
      return;
    }
    const forwarded = new Set(message.forward.map(({ nodeType, port }) => `${nodeType}:${port}`));
    const onSend = ({ nodeType, nodeId, port, msg }: SentMessage) => {
      if (!forwarded.has(`${nodeType}:${port}`)) return;
      const { topic, payload, sample, error } = msg as {
        topic?: unknown;
        payload?: unknown;
        sample?: unknown;
        error?: { message?: string };
      };
      send({
        kind: 'sent',
        sent: { nodeType, nodeId, port, msg: { topic, payload, sample, error: error?.message } },
      });
    };
    startNodeRed({ ...message.options, onSend }).then(
      (started) => {
        host = started;
        send({ kind: 'started', url: started.url });
      },
      (error: Error) => {
        send({ kind: 'failed', reason: error.message });
        process.exit(1);
      },
    );
  });
}

if (require.main === module) serve();
