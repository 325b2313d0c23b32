import { parentPort } from 'node:worker_threads';
import { serveJobs } from '../../platform';
import { planJobs } from './plan-jobs';

// The file the planning thread starts in.
if (!parentPort) throw new Error('this file is the inside of a worker thread');
serveJobs(parentPort, planJobs);
