import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NodeMessage } from 'node-red';
import { FtteError } from '../../gateway/platform';
import { helper } from './node-red-helper';

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

function input(id: string, msg: object): Promise<void> {
  const node = helper.getNode(id) as unknown as {
    _emitInput(msg: object): void;
    _complete(msg: object, error?: unknown): void;
  };
  return new Promise((resolve, reject) => {
    const complete = node._complete;
    node._complete = (done, error) => {
      node._complete = complete;
      if (error) reject(error);
      else resolve();
      // The helper's Catch and Complete nodes hear of it as they would.
      complete.call(node, done, error);
    };
    node._emitInput({ _msgid: 'test', ...msg });
  });
}

/** What a node reports for a message it refuses. */
export async function failureOf(id: string, msg: object): Promise<FtteError> {
  try {
    await give(id, msg);
  } catch (error) {
    if (error instanceof FtteError) return error;
    throw error;
  }
  throw new Error(`${id} took the message: ${JSON.stringify(msg)}`);
}
