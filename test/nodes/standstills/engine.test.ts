import { setFlagsFromString } from 'node:v8';
import threads, { type Worker } from 'node:worker_threads';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import {
  allNodes,
  coordinate,
  joined,
  labels,
  tab,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { give, shown, trainRounds } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill of the engine is shown and said', () => {
  let broker: Mosquitto;
  const original = threads.Worker;
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(async () => {
    threads.Worker = original;
    setFlagsFromString('--expose-wasm');
    await helper.unload();
    await broker.stop();
  });
  useNodeRed();

  const load = async () => {
    await helper.load(allNodes, [
      tab,
      taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 1000 } }),
      joined('fed-c', broker.port),
      joined('fed-a', broker.port),
      ...coordinate(),
      ...train('fed-a', { id: 'train', trigger: 'message' }),
    ]);
    await shown('train', 'collecting');
    for (let i = 0; i < 16; i++)
      await give('train', { payload: windowOfOnes(i / 16), label: labels[i % labels.length] });
  };

  standstill('the training thread dies', async () => {
    let thread: Worker | undefined;
    threads.Worker = class extends original {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        if (args[1]?.name === 'ftte-training') thread = this;
      }
    };
    await load();
    await give('train', { action: 'train' });
    await thread?.terminate();
  });
  standstill('no thread can be started', async () => {
    await load();
    threads.Worker = class extends original {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        // What the system says at its limit of threads, at which no test can put a whole machine.
        if (args[1]?.name === 'ftte-training') throw new Error('ERR_WORKER_INIT_FAILED: EAGAIN');
        super(...args);
      }
    };
    await give('train', { action: 'train' });
  });
  // From Node.js 24 on, a thread has WebAssembly whatever the flag says when it starts.
  if (Number(process.versions.node.split('.')[0]) < 24)
    standstill('WebAssembly is not available', async () => {
      await load();
      // Threads that start from now on have no WebAssembly.
      setFlagsFromString('--no-expose-wasm');
      await trainRounds('train', 'train:1', 1);
    });
});
