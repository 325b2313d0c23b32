import { deepEqual, equal } from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Outbox } from '../../../../gateway/participant/outbox/outbox';
import { SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { type Body, decodeMessage, encodeMessage, type Update } from '../../../../gateway/wire';
import { firstLineage, temporaryFolder, until } from '../tools';

let next = 1;
/** An update of a base version of its own, unless one is given. */
const update = (changes: Partial<Update> = {}): Update => ({
  type: 'update',
  id: (next++).toString(16).padStart(16, '0'),
  lineage: firstLineage,
  baseVersion: next,
  plan: { microBatch: 4, entries: [{ tensor: 0 }] },
  delta: { encoding: 'float32', values: Float32Array.of(1, 2) },
  samples: 12,
  steps: 6,
  variance: 0.25,
  lossBefore: 1,
  lossAfter: 0.5,
  ...changes,
});

describe('counters of updates in the outbox (P-28)', () => {
  let folder: { path: string; remove: () => Promise<void> };
  let clock: VirtualClock;
  /** The lowest counter by the coordinator: undefined before it has let this gateway in. */
  let floor: number | undefined;
  let opened: Outbox | undefined;
  beforeEach(async () => {
    folder = await temporaryFolder();
    clock = new VirtualClock();
    floor = 0;
    opened = undefined;
  });
  afterEach(async () => {
    await opened?.close();
    await folder.remove();
  });
  const path = () => join(folder.path, 'outbox');
  const encoded = (body: Body, id = 'gw') => encodeMessage({ federation: 'clinic', sender: id }, body);
  async function start(id = 'gw'): Promise<Outbox> {
    const session = {
      federation: 'clinic',
      id,
      encode: (body: Body) => encoded(body, id),
      get updateCounter() {
        return floor;
      },
    };
    const outbox = new Outbox({
      session,
      folder: path(),
      clock,
      random: new SeededRandom(1),
      onProblem: () => undefined,
      onRecovered: () => undefined,
      onFound: () => undefined,
      onOverflow: () => undefined,
      onMerged: () => undefined,
    });
    await opened?.close();
    opened = outbox;
    await outbox.open();
    return outbox;
  }
  const put = async (outbox: Outbox, ...bodies: Update[]) => {
    for (const body of bodies) await outbox.put(body, encoded(body));
  };
  const counterOf = async (outbox: Outbox, { id }: Update) => {
    const bytes = await outbox.read(id);
    const message = bytes && decodeMessage(bytes);
    return message?.type === 'update' ? message.counter : undefined;
  };
  const countersOf = async (outbox: Outbox, bodies: readonly Update[]) => {
    const found: (number | undefined)[] = [];
    for (const body of bodies) found.push(await counterOf(outbox, body));
    return found;
  };

  it('go up, stay the same when an update is sent again, and go on above all that waits after a restart', async () => {
    const bodies = [update(), update(), update()];
    let outbox = await start();
    for (const body of bodies) {
      await put(outbox, body);
      await counterOf(outbox, body);
    }
    deepEqual(await countersOf(outbox, bodies), [0, 1, 2]);
    outbox = await start();
    deepEqual(await countersOf(outbox, bodies), [0, 1, 2]);
    const later = update();
    await put(outbox, later);
    equal(await counterOf(outbox, later), 3);
  });

  it('begin above all that the coordinator has counted, so that nothing has to be kept beside the updates', async () => {
    let outbox = await start();
    const [first, second] = [update(), update()];
    await put(outbox, first);
    equal(await counterOf(outbox, first), 0);
    await outbox.remove(first.id);
    floor = 41;
    outbox = await start();
    await put(outbox, second);
    equal(await counterOf(outbox, second), 41);
    // A coordinator that has an older folder says less than this gateway has given.
    floor = 7;
    const third = update();
    await put(outbox, third);
    equal(await counterOf(outbox, third), 42);
  });

  it('are given when the updates are read, if the coordinator has not said where to begin before, and are on disk then', async () => {
    floor = undefined;
    let outbox = await start();
    const bodies = [update(), update()];
    await put(outbox, ...bodies);
    outbox = await start();
    await put(outbox, update());
    floor = 5;
    deepEqual(await countersOf(outbox, bodies), [5, 6]);
    floor = 100;
    outbox = await start();
    deepEqual(await countersOf(outbox, bodies), [5, 6]);
  });

  it('are one for rounds that become one update, and none is used up by updates that wait behind others', async () => {
    const outbox = await start();
    const [first, second, third] = [update({ baseVersion: 3 }), update({ baseVersion: 3 }), update()];
    await put(outbox, first, second, third);
    deepEqual(await countersOf(outbox, [first, third]), [0, 1]);
    equal(outbox.has(second.id), false);
  });

  it('of an earlier name of this gateway are not used under its present one', async () => {
    let outbox = await start();
    const body = update();
    floor = 9;
    await put(outbox, body);
    equal(await counterOf(outbox, body), 9);
    floor = 2;
    outbox = await start('gw-2');
    equal(await counterOf(outbox, body), 2);
    outbox = await start('gw-2');
    equal(await counterOf(outbox, body), 2);
  });

  it('are not in updates of an open federation', async () => {
    floor = undefined;
    const outbox = await start();
    const body = update();
    await put(outbox, body);
    deepEqual(await outbox.read(body.id), encoded(body));
  });

  it('are given to none before those that wait on an unreadable disk are known', async () => {
    let outbox = await start();
    const before = update();
    floor = 3;
    await put(outbox, before);
    equal(await counterOf(outbox, before), 3);
    await outbox.close();
    await rename(path(), `${path()}.away`);
    // A file in the place of the folder cannot be opened as one.
    await writeFile(path(), 'no folder');
    outbox = await start();
    const meanwhile = update();
    await put(outbox, meanwhile);
    equal(await counterOf(outbox, meanwhile), undefined);
    await rm(path());
    await rename(`${path()}.away`, path());
    clock.advance(3_600_000);
    await until(() => outbox.has(before.id), 'the update of the earlier process');
    deepEqual(await countersOf(outbox, [before, meanwhile]), [3, 4]);
  });
});
