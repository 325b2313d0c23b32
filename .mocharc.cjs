'use strict';
const { availableParallelism } = require('node:os');

module.exports = {
  require: ['tsx/cjs'],
  timeout: 30000,
  reporter: './test/reporter.cjs',
  // For `--parallel`: one more than there are cores, because many tests wait for a process or a broker.
  jobs: availableParallelism() + 1,
};
