'use strict';
const { availableParallelism } = require('node:os');

module.exports = {
  require: ['./test/loader.cjs'],
  // Says when a test hangs, not how fast it is: a busy machine takes many times as long as an idle one.
  timeout: 300_000,
  reporter: './test/reporter.cjs',
  // For `--parallel`: more than there are cores, because tests of nodes wait for most of their time, for a process, a broker
  // or a status that changes once a second.
  jobs: availableParallelism() + 4,
};
