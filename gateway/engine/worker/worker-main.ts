import { parentPort, workerData } from 'node:worker_threads';
import { createEngine } from '../program/create-engine';
import type { WorkerSetup } from './protocol';
import { serve } from './serve';

// The file a worker thread starts in.
if (!parentPort) throw new Error('this file is the inside of a worker thread');
const setup = workerData as WorkerSetup;
serve(parentPort, setup, () => createEngine(setup.engine));
