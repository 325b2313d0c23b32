import type { MessagePort } from 'node:worker_threads';
import { FtteError } from '../../platform';
import type { Engine } from '../interface/engine';
import { ProgramHost } from './program-host';
import { type AnswerMessage, type RequestMessage, transferables, type WorkerSetup } from './protocol';

/**
 * The worker's side: answers requests until the thread is ended. An FtteError is an answer; anything else (a trap in
 * a kernel, a bug) leaves the program in an unknown state and ends the thread, which the other side takes as a crash.
 */
export function serve(port: MessagePort, setup: WorkerSetup, createEngine: () => Engine): void {
  const host = new ProgramHost(createEngine, {
    now: () => performance.now(),
    isCancelled: (ticket) => Atomics.load(setup.cancelled, 0) >= ticket,
  });
  port.on('message', ({ type, payload }: RequestMessage) => {
    const message = answerTo(() => host.answer(type, payload));
    port.postMessage(message, transferables(message));
  });
}

function answerTo(ask: () => Extract<AnswerMessage, { outcome: 'done' }>['answer']): AnswerMessage {
  try {
    return { outcome: 'done', answer: ask() };
  } catch (error) {
    if (!(error instanceof FtteError)) throw error;
    return { outcome: 'failed', code: error.code, message: error.message, details: error.details };
  }
}
