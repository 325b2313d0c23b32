import type { MessagePort } from 'node:worker_threads';
import { movableBuffers, serveJobs } from '../../platform';
import type { Engine } from '../interface/engine';
import { ProgramHost } from './program-host';
import type { WorkerSetup } from './protocol';

/** The training thread's side: holds a program, and does what a trainer asks until the thread is ended. */
export function serve(port: MessagePort, setup: WorkerSetup, createEngine: () => Engine): void {
  const host = new ProgramHost(createEngine, {
    now: () => performance.now(),
    isCancelled: (ticket) => Atomics.load(setup.cancelled, 0) >= ticket,
  });
  serveJobs(port, host.jobs, movableBuffers);
}
