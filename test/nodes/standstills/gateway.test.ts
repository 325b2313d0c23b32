import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { canMount, needsRoot } from '../../support/disks';
import {
  allNodes,
  coordinate,
  joined,
  labels,
  predict,
  tab,
  taskConfig,
  train,
  windowOfOnes,
} from '../../support/node-red/federation-flow';
import { give, shown } from '../../support/node-red/flow-messages';
import { helper, useNodeRed } from '../../support/node-red/node-red-helper';
import { standstill } from '../../support/node-red/standstill';
import { RoleProcess } from '../../support/role-process';

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill of a gateway is shown and said', () => {
  let broker: Mosquitto;
  let clean = () => {};
  let other: RoleProcess | undefined;
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(async () => {
    await helper.unload();
    other?.kill();
    other = undefined;
    clean();
    clean = () => {};
    await broker.stop();
  });
  // After the hook above, because a mounted folder cannot be removed.
  const context = useNodeRed();

  const flow = (taskChanges: object = {}, trainChanges: object = {}) => [
    tab,
    taskConfig({ aggregation: { bufferSize: 1, maxWaitMs: 1000 }, ...taskChanges }),
    joined('fed-c', broker.port),
    joined('fed-a', broker.port),
    ...coordinate(),
    ...train('fed-a', { id: 'train', trigger: 'message', ...trainChanges }),
    ...predict('fed-a', { id: 'predict' }),
  ];

  async function samples(
    label: (i: number) => unknown,
    payload = (i: number): unknown => windowOfOnes(i / 16),
  ) {
    for (let i = 0; i < 16; i++)
      await give('train', { payload: payload(i), label: label(i) }).catch(() => undefined);
  }
  const known = (i: number) => labels[i % labels.length];

  standstill('the memory budget is too small', async () => {
    await helper.load(allNodes, flow({}, { budget: '8' }));
  });
  standstill('windows of another shape', async () => {
    await helper.load(allNodes, flow());
    await shown('train', 'collecting');
    await samples(known, () => new Float32Array(7));
  });
  standstill('windows that hold no numbers', async () => {
    await helper.load(allNodes, flow());
    await shown('train', 'collecting');
    await samples(known, () => windowOfOnes(Number.NaN));
  });
  standstill('labels that the task does not know', async () => {
    await helper.load(allNodes, flow());
    await shown('train', 'collecting');
    await samples(() => 'JUMPING');
  });
  standstill(
    'no window has a label',
    async (hurryUp) => {
      await helper.load(allNodes, flow());
      await shown('train', 'collecting');
      await samples(() => undefined);
      hurryUp();
    },
    20,
  );
  standstill(
    'no window comes to be learned from',
    async () => {
      await helper.load(allNodes, flow());
    },
    20,
  );
  standstill(
    'no window comes to predict from',
    async () => {
      await helper.load(allNodes, flow());
    },
    20,
  );
  standstill('the file of samples is damaged', async () => {
    await helper.load(allNodes, flow());
    await shown('train', 'collecting');
    await samples(known);
    await helper.unload();
    const file = join(context.userDir, 'ftte', 'train', 'samples.bin');
    const bytes = readFileSync(file);
    bytes.fill(0x55, bytes.length / 2, bytes.length / 2 + 600);
    writeFileSync(file, bytes);
    // A store of another capacity is not handed over within the process: the file is read, as after a restart.
    await helper.load(allNodes, flow({}, { capacity: '64' }));
  });
  standstill("another process uses the gateway's folder", async () => {
    const folder = join(context.userDir, 'ftte', 'fed-a');
    mkdirSync(folder, { recursive: true });
    other = new RoleProcess('lock-holder', join(folder, 'outbox.lock'));
    await other.until(/^held$/);
    await helper.load(allNodes, flow());
  });
  describe(`with a disk${needsRoot}`, () => {
    before(function () {
      if (!canMount) this.skip();
    });
    standstill("the gateway's disk is read-only", async () => {
      const path = join(context.userDir, 'ftte');
      mkdirSync(path, { recursive: true });
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,ro', 'tmpfs', path]);
      clean = () => void execFileSync('umount', ['-l', path]);
      await helper.load(
        allNodes,
        flow().filter(({ id }) => id !== 'coordinate'),
      );
    });
  });
});
