import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { NodeMessage } from 'node-red';
import { FtteError } from '../../../gateway/platform';
import { aMoment } from '../waiting';
import { helper, statusOf } from './node-red-helper';

/** Collects what a core helper node receives from now on. */
export function inputsOf(id: string): NodeMessage[] {
  const messages: NodeMessage[] = [];
  helper.getNode(id).on('input', (msg: NodeMessage) => messages.push(msg));
  return messages;
}

/** Resolves with the first message from now on that a helper node receives and that `matches`. */
export function inputWhere<Message extends NodeMessage>(
  id: string,
  matches: (msg: Message) => boolean,
): Promise<Message> {
  return new Promise((resolve) => {
    helper.getNode(id).on('input', (msg: Message) => {
      if (matches(msg)) resolve(msg);
    });
  });
}

/**
 * Gives a node a message as a wire does. Resolves when the node is done with it and what it sent has arrived, rejects
 * with what it failed with.
 */
export async function give(id: string, msg: object): Promise<void> {
  await input(id, msg);
  // Node-RED delivers a turn after the sending.
  await nextTurn();
}

/** Lets a train node run rounds one after the other. @param output the helper node at its first output */
export async function trainRounds(id: string, output: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    let isDone = false;
    const round = inputWhere(output, () => true).then(() => {
      isDone = true;
    });
    // A request is passed over while the round before ends.
    while (!isDone) {
      await give(id, { action: 'train' });
      await Promise.race([round, pause(50)]);
    }
  }
}

type Settle = (error?: unknown) => void;

/** The part of a node that the flow engine uses, and a test in its place. */
interface Receiver {
  _emitInput(msg: object): void;
  _complete(msg: object, error?: unknown): void;
}

/** The tests that wait for the end of a message. */
const waiting = new WeakMap<object, Settle>();
const watched = new WeakSet<object>();

function input(id: string, msg: object): Promise<void> {
  const node = helper.getNode(id) as unknown as Receiver;
  if (!watched.has(node)) {
    watched.add(node);
    const complete = node._complete;
    node._complete = (done, error) => {
      waiting.get(done)?.(error);
      // It still reaches the Catch and Complete nodes of the flow.
      complete.call(node, done, error);
    };
  }
  const given = { _msgid: 'test', ...msg };
  return new Promise((resolve, reject) => {
    waiting.set(given, (error) => (error ? reject(error) : resolve()));
    node._emitInput(given);
  });
}

interface StatusSpy {
  getCalls(): { thisValue: unknown; args: [{ text?: string }?] }[];
}

/** Resolves when a node shows, or has shown before, a status with this text: a catalog key's last part. */
export function shown(id: string, text: string): Promise<void> {
  const node = helper.getNode(id);
  const calls = (node.status as unknown as StatusSpy).getCalls();
  if (calls.some(({ thisValue, args }) => thisValue === node && args[0]?.text === text))
    return Promise.resolve();
  return statusOf(id, (other) => other === text).then(() => undefined);
}

/** The error of a node for a message that it refuses. */
export async function failureOf(id: string, msg: object): Promise<FtteError> {
  try {
    await give(id, msg);
  } catch (error) {
    if (error instanceof FtteError) return error;
    throw error;
  }
  throw new Error(`${id} took the message: ${JSON.stringify(msg)}`);
}

/** Resolves when the condition holds, for work in the background of a deploy. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await aMoment();
}
