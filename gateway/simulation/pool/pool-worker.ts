/** The entry of a thread of the pool: does the jobs that it gets as messages. */
import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type OwnEngineKind } from '../../engine';
import { serveJobs } from '../../platform';
import type { Examples } from '../data/examples';
import { type PoolAnswers, PoolHost, type PoolJob } from './pool-host';

/** Data that a thread of the pool starts with. */
export interface PoolWorkerData {
  readonly engine: 'auto' | OwnEngineKind;
  readonly examples: Examples;
}

/** Jobs of a thread of the pool. */
export type PoolJobs = { readonly perform: (job: PoolJob) => PoolReply };

/** Answer to a job; `fallback` says why the engine computes without WebAssembly, if it does. */
interface PoolReply {
  readonly answer: PoolAnswers[PoolJob['kind']];
  readonly fallback: string | undefined;
}

if (!parentPort) throw new Error('this file runs only in a worker thread');
const { engine, examples } = workerData as PoolWorkerData;
const host = new PoolHost(createEngine(engine), examples);
serveJobs(parentPort, { perform: (job: PoolJob) => ({ answer: host.answer(job), fallback: host.fallback }) });
