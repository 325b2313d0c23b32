import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type Mosquitto, startMosquitto } from '../../../tools/support/mosquitto';
import { canMount, needsRoot } from '../../support/disks';
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
import { RoleProcess } from '../../support/role-process';

const define = findProgram('mosquitto') ? describe : describe.skip;
define('a standstill of the coordinator is shown and said', () => {
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

  const changes = { aggregation: { bufferSize: 1, maxWaitMs: 1000 } };
  const flow = (more: object = {}) => [
    tab,
    taskConfig({ ...changes, ...more }),
    joined('fed-c', broker.port),
    joined('fed-a', broker.port),
    ...coordinate(),
    ...train('fed-a', { id: 'train', trigger: 'message' }),
  ];
  const load = (more: object = {}) => helper.load(allNodes, flow(more));
  const folder = () => join(context.userDir, 'ftte', 'coordinate', 'coordinator');

  async function rounds(count: number): Promise<void> {
    for (let i = 0; i < 16; i++)
      await give('train', { payload: windowOfOnes(i / 16), label: labels[i % labels.length] });
    await trainRounds('train', 'train:1', count);
  }

  /** Mounts a small disk at the coordinator's folder. */
  function mount(options: string): void {
    mkdirSync(folder(), { recursive: true });
    const path = folder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    clean = () => void execFileSync('umount', ['-l', path]);
  }

  describe(`with a disk${needsRoot}`, () => {
    before(function () {
      if (!canMount) this.skip();
    });
    standstill("the coordinator's disk is full", async () => {
      mount('size=16k');
      await load();
    });
    standstill("the coordinator's disk is read-only", async () => {
      mount('size=256k,ro');
      await load();
    });
    standstill("the coordinator's disk fills up", async () => {
      mount('size=4m');
      await load();
      await shown('train', 'collecting');
      execFileSync('sh', ['-c', `cat /dev/zero > ${join(folder(), 'ballast')} || true`], { stdio: 'ignore' });
      await rounds(1);
    });
  });
  standstill("another process uses the coordinator's folder", async () => {
    mkdirSync(folder(), { recursive: true });
    other = new RoleProcess('lock-holder', join(folder(), 'lock'));
    await other.until(/^held$/);
    await load();
  });
  standstill('all checkpoints are damaged', async () => {
    await load();
    await shown('train', 'collecting');
    await rounds(1);
    await helper.unload();
    const walk = (path: string): string[] =>
      readdirSync(path).flatMap((name) =>
        statSync(join(path, name)).isDirectory() ? walk(join(path, name)) : [join(path, name)],
      );
    for (const file of walk(context.userDir)) if (file.endsWith('.ckpt')) truncateSync(file, 40);
    await load();
  });
  standstill(
    'no gateway',
    async () => {
      await helper.load(
        allNodes,
        flow().filter(({ id }) => id !== 'train'),
      );
    },
    20,
  );
  standstill('all updates are refused', async () => {
    await load({ aggregation: { ...changes.aggregation, maxNorm: 1e-6 } });
    await shown('train', 'collecting');
    await rounds(1);
  });
  standstill(
    'no update comes',
    async () => {
      await load();
    },
    20,
  );
  standstill(
    'a warm start without windows',
    async () => {
      await load({ warmStart: { samples: 64 } });
    },
    20,
  );
  standstill('held-out windows have another label', async () => {
    await load();
    await shown('coordinate', 'version');
    await give('coordinate', { payload: windowOfOnes(), label: 'JUMPING' }).catch(() => undefined);
  });
});
