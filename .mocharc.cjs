'use strict';
const { availableParallelism } = require('node:os');

module.exports = {
  require: ['tsx/cjs'],
  // Says when a test hangs, not how fast it is: a busy machine takes many times as long as an idle one.
  timeout: 120_000,
  reporter: './test/reporter.cjs',
  // For `--parallel`: one more than there are cores, because many tests wait for a process or a broker.
  jobs: availableParallelism() + 1,
};
