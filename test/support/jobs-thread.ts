import { parentPort } from 'node:worker_threads';
import { FtteError, serveJobs } from '../../gateway/platform';

/** The jobs of the thread in the tests of `JobWorker`. */
export const testJobs = {
  sum: (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0),
  thread: (_: undefined): number => require('node:worker_threads').threadId,
  refuse: (budgetBytes: number): never => {
    throw new FtteError('budget-too-small', `a budget of ${budgetBytes} bytes is too small`, { budgetBytes });
  },
  break: (_: undefined): never => {
    throw new TypeError('a bug');
  },
};

if (parentPort) serveJobs(parentPort, testJobs);
