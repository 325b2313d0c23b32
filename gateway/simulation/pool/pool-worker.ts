/** The entry of a thread of the pool: does the jobs that it gets as messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type OwnEngineKind } from '../../engine';
import { messageOf } from '../../platform';
import type { Examples } from '../data/examples';
import { PoolHost, type PoolJob } from './pool-host';

/** Data that a thread of the pool starts with. */
export interface PoolWorkerData {
  readonly engine: 'auto' | OwnEngineKind;
  readonly examples: Examples;
}

if (!parentPort) throw new Error('this file runs only in a worker thread');
const port = parentPort;
const { engine, examples } = workerData as PoolWorkerData;
const host = new PoolHost(createEngine(engine), examples);
port.on('message', (job: PoolJob) => {
  try {
    port.postMessage({ answer: host.answer(job), fallback: host.fallback });
  } catch (error) {
    port.postMessage({ error: messageOf(error) });
  }
});
