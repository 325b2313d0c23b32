import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FtteError, SeededRandom, VirtualClock } from '../../../../gateway/platform';
import { CoordinatorRecord, HistoryFile, pointKeys, type VersionPoint } from '../../../../nodes/runtime';

const pointOfVersion = (version: number): VersionPoint => ({
  ...(Object.fromEntries(pointKeys.map((key) => [key, null])) as Omit<VersionPoint, 'recalls'>),
  ...{ version, timeMs: version * 1000, accuracy: 0.5, recalls: [1, null] },
});

describe('the file of a curve', () => {
  let folder: string;
  let clock: VirtualClock;
  const problems: (FtteError | undefined)[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-history-'));
    clock = new VirtualClock();
    problems.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const path = () => join(folder, 'history.json');
  const open = async (record: CoordinatorRecord) => {
    const file = new HistoryFile({
      ...{ path: path(), record, clock, random: new SeededRandom(1) },
      onStorage: (problem) => problems.push(problem),
    });
    await file.start();
    return file;
  };
  const recordOf = (lineage: string, ...versions: number[]) => {
    const record = new CoordinatorRecord();
    record.lineage = lineage;
    for (const version of versions) record.history.add(pointOfVersion(version));
    return record;
  };
  const versionsOf = ({ history }: CoordinatorRecord) => history.points.map(({ version }) => version);

  it('gives the points of the run before, with those that came since', async () => {
    const before = recordOf('l1');
    const file = await open(before);
    for (const version of [1, 2, 3]) before.history.add(pointOfVersion(version));
    await file.stop();
    const after = recordOf('l1', 4);
    await (await open(after)).stop();
    assert.deepEqual(versionsOf(after), [1, 2, 3, 4]);
    assert.deepEqual(after.history.points[0], pointOfVersion(1));
    assert.deepEqual(problems, []);
  });

  it('gives nothing of another lineage', async () => {
    const before = recordOf('l1');
    const file = await open(before);
    before.history.add(pointOfVersion(1));
    await file.stop();
    const after = recordOf('l2', 7);
    await (await open(after)).stop();
    assert.deepEqual(versionsOf(after), [7]);
  });

  it('gives the points of a file that was written before a value existed, or after one that is no more', async () => {
    const keys = ['gone', ...pointKeys.filter((key) => key !== 'chance')];
    const rows = [1, 2].map((version) => [
      ...[9, ...keys.slice(1).map((key) => pointOfVersion(version)[key as keyof VersionPoint])],
      ...pointOfVersion(version).recalls,
    ]);
    writeFileSync(path(), JSON.stringify({ format: 1, lineage: 'l1', keys, points: rows }));
    const record = recordOf('l1', 3);
    const file = await open(record);
    assert.deepEqual(record.history.points, [1, 2, 3].map(pointOfVersion));
    await file.stop();
  });

  for (const [what, content] of [
    ['is torn', '{"format":1,"lineage":"l'],
    ['has another format', JSON.stringify({ format: 2, lineage: 'l1', keys: pointKeys, points: [] })],
    ['names no version', JSON.stringify({ format: 1, lineage: 'l1', keys: ['loss'], points: [[1]] })],
    ['holds other things', JSON.stringify({ format: 1, lineage: 'l1', keys: pointKeys, points: [['x']] })],
  ] as const) {
    it(`begins again if the file ${what}, and replaces it`, async () => {
      writeFileSync(path(), content);
      const record = recordOf('l1');
      const file = await open(record);
      assert.deepEqual(versionsOf(record), []);
      record.history.add(pointOfVersion(1));
      await file.stop();
      assert.equal(JSON.parse(readFileSync(path(), 'utf8')).points.length, 1);
    });
  }

  it('is written at intervals, and only if something is new', async () => {
    const record = recordOf('l1');
    const file = await open(record);
    clock.advance(600_000);
    assert.throws(() => readFileSync(path()), /ENOENT/);
    record.history.add(pointOfVersion(1));
    clock.advance(600_000);
    await file.stop();
    assert.equal(JSON.parse(readFileSync(path(), 'utf8')).points.length, 1);
  });

  it('reports a disk that fails, and loses nothing in memory', async () => {
    folder = join(folder, 'gone');
    writeFileSync(folder, 'a file where the folder should be');
    const record = recordOf('l1');
    const file = await open(record);
    record.history.add(pointOfVersion(1));
    await file.stop();
    assert.equal(problems[0]?.code, 'storage');
    assert.deepEqual(versionsOf(record), [1]);
  });
});
