import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '../engine';
import { createTensorFlowEngine } from '.';

// The file a worker thread starts in.
if (!parentPort) throw new Error('this file is the inside of a worker thread');
serve(parentPort, workerData, () => createTensorFlowEngine());
