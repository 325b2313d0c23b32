'use strict';
/** The tests of `npm run test:quick`: without a build, a browser, a broker, a process or minutes of arithmetic. */
module.exports = {
  ...require('./.mocharc.cjs'),
  parallel: true,
  spec: ['test/**/*.test.ts'],
  ignore: [
    // A real Node-RED, a browser, or the npm client.
    'test/flows/**',
    'test/tools/**',
    'test/package/{contents,install}.test.ts',
    'test/editor/{config-version,coordinate-dialog,dialogs,federation-dialog,from-scratch}.test.ts',
    'test/editor/{invitations,languages,sidebar,sidebar-load,sidebar-look}.test.ts',
    'test/editor/task/{data,dialog,federation,layout,model,privacy}.test.ts',
    'test/nodes/*.test.ts',
    'test/nodes/ftte-*/ftte-*.test.ts',
    'test/nodes/ftte-federation/{hosted-brokers,websockets}.test.ts',
    // Brokers, and processes of their own.
    'test/bench/{accidents,crash-logs,nats-cluster}.test.ts',
    'test/gateway/transport/**',
    'test/gateway/cli/**',
    'test/gateway/session/{acl,protection/roles}.test.ts',
    'test/gateway/wire/protocol-document.test.ts',
    'test/gateway/engine/memory-limit.test.ts',
    'test/gateway/engine/worker/**',
    'test/gateway/engine-tensorflow/**',
    // The kernels that a build makes.
    'test/gateway/engine/program.test.ts',
    'test/gateway/engine/kernels/**',
    // Seconds to minutes of arithmetic, the more so without kernels.
    'test/gateway/engine/recordings.test.ts',
    'test/gateway/engine/contract.test.ts',
    'test/gateway/engine/sgd-in-place.test.ts',
    'test/gateway/engine/layers/**',
    'test/gateway/model/every-layer.test.ts',
    'test/gateway/interchange/{round-trip,tensorflow}.test.ts',
    'test/gateway/coordinator/state/crash-points.test.ts',
    'test/gateway/coordinator/state/crash-points-past.test.ts',
    'test/gateway/coordinator/state/crash-points-rosters.test.ts',
    'test/gateway/participant/without-labels.test.ts',
    'test/gateway/selection/any-budget.test.ts',
    'test/gateway/simulation/{asynchronous,granted,simulate}.test.ts',
    'test/gateway/simulation/data/warm-start.test.ts',
    'test/gateway/stream/synthetic-wearable.test.ts',
  ],
};
