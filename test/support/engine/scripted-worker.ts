import { parentPort, workerData } from 'node:worker_threads';
import { serve } from '../../../gateway/engine/worker/serve';
import { scriptedEngine } from './scripted-engine';

// A thread like the real one, around the engine that fails on request.
if (parentPort) serve(parentPort, workerData, scriptedEngine);
