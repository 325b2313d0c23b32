import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type OwnEngineKind } from '../../engine';
import { messageOf } from '../../platform';
import { type Examples, PoolHost, type PoolJob } from './pool-host';

/** What a thread of the pool is started with. */
export interface PoolWorkerData {
  readonly engine: 'auto' | OwnEngineKind;
  readonly examples: Examples;
}

// The file a thread of the pool starts in.
if (!parentPort) throw new Error('this file is the inside of a worker thread');
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
