import type { Node, NodeMessage, NodeMessageInFlow } from 'node-red';
import { type Clock, messageOf, systemClock } from '../../../gateway/platform';
import type { NodeReports } from '../status/node-reports';
import { nodeError, type Translator } from '../status/translate';

/** Sends on the node's outputs: one message, or an array with one entry an output. */
export type Send = (msg: NodeMessage | (NodeMessage | NodeMessage[] | null)[]) => void;

/** What a node does with a message. Thrown errors and rejected promises end as the message's error. */
export type InputHandler = (msg: NodeMessageInFlow, send: Send) => void | Promise<void>;

/**
 * The one way our nodes listen to messages. A rejected promise in an input handler would end the Node-RED process;
 * here it reaches `done`, and so the flow's Catch nodes, with our error code. The same failure again and again is counted.
 */
export function onInput(node: Node, reports: NodeReports, handler: InputHandler): void {
  // Node-RED counts the parameters: three mean that `done` will be called.
  node.on('input', (msg, send, done) => {
    void run(async () => handler(msg, send)).then((failure) => {
      // Who sends an action waits for what becomes of it; windows and readings come as a stream.
      done(failure && reports.failure(failure.error, 'action' in msg));
    });
  });
}

/** Under Node-RED's limit of 15 s, after which it goes on without us and says so in the log. */
const closeLimitMs = 12_000;

/**
 * The one way our nodes listen to `close`. What fails or takes longer than `limitMs` is logged, and never keeps a
 * deploy from going on.
 */
export function onClose(
  node: Node,
  handler: (removed: boolean) => void | Promise<void>,
  options: { limitMs?: number; clock?: Clock } = {},
): void {
  const { limitMs = closeLimitMs, clock = systemClock } = options;
  node.on('close', (removed: boolean, done: () => void) => {
    const limit = clock.after(limitMs, () => {
      node.warn(`closing took more than ${limitMs / 1000} s, going on without it`);
      done();
    });
    void run(async () => handler(removed)).then((failure) => {
      limit.cancel();
      if (failure) node.error(`closing failed: ${messageOf(failure.error)}`);
      done();
    });
  });
}

/** Runs work for its effect outside a message (a timer, an event): what fails is logged as the node's error. */
export function inBackground(RED: Translator, node: Node, work: () => Promise<void>): void {
  void run(work).then((failure) => {
    if (failure) node.error(nodeError(RED, failure.error));
  });
}

/** Turns both ways of failing, throwing and rejecting, into a value. */
async function run(work: () => Promise<void>): Promise<{ error: unknown } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return { error };
  }
}
