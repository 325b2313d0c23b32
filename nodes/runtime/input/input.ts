import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { type Clock, messageOf, systemClock } from '../../../gateway/platform';
import { nodeError } from '../status/node-error';
import type { NodeReports } from '../status/node-reports';
import type { Translator } from '../status/translate';

/** Sends on the outputs of the node: one message, or an array with one entry per output. */
export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** The handler of messages. Thrown errors and rejected promises end as the error of the message. */
export type InputHandler = (msg: NodeMessageInFlow, send: Send) => void | Promise<void>;

/**
 * Listens to the messages of a node; all nodes of the package use it. A rejected promise in an input handler would end
 * the Node-RED process. Here it reaches `done`, and so the Catch nodes of the flow, with an error code of this package.
 * A repeated failure is counted.
 */
export function onInput(node: Node, reports: NodeReports, handler: InputHandler): void {
  // Node-RED counts the parameters: with three it expects a call of `done`.
  node.on('input', (msg, send, done) => {
    void run(async () => handler(msg, send)).then((failure) => {
      // The sender of an action waits for its outcome; windows and readings come as a stream.
      done(failure && reports.failure(failure.error, 'action' in msg));
    });
  });
}

/** Less than the limit of Node-RED, 15 s, after which it continues and logs a message. */
const closeLimitMs = 12_000;

/**
 * Listens to the `close` of a node; all nodes of the package use it. A failure, or work that takes longer than
 * `limitMs`, is logged and never delays a deploy.
 */
export function onClose(
  node: Node,
  handler: (removed: boolean) => void | Promise<void>,
  options: { limitMs?: number; clock?: Clock } = {},
): void {
  const { limitMs = closeLimitMs, clock = systemClock } = options;
  node.on('close', (removed: boolean, done: () => void) => {
    const limit = clock.after(limitMs, () => {
      node.warn(`closing took more than ${limitMs / 1000} s, Node-RED continues without it`);
      done();
    });
    void run(async () => handler(removed)).then((failure) => {
      limit.cancel();
      if (failure) node.error(`closing failed: ${messageOf(failure.error)}`);
      done();
    });
  });
}

/** Runs work outside a message (a timer, an event). A failure is logged as the error of the node. */
export function inBackground(RED: Translator, node: Node, work: () => Promise<void>): void {
  void run(work).then((failure) => {
    if (failure) node.error(nodeError(RED, node.type, failure.error));
  });
}

/** Turns both kinds of failure, throwing and rejecting, into a value. */
async function run(work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
