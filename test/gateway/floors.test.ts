import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importsOf, root, sourceFiles } from '../support/source-files';

/**
 * The second public face of a room: the schema of layers, separate so that the engine's threads load no schema library.
 */
const schemaFace = 'gateway/model/layers';

interface Import {
  readonly from: string;
  readonly to: string;
}

/** The floors in the documentation, from the lowest. */
function documentedFloors(): string[][] {
  const text = readFileSync(join(root, 'docs', 'architecture.md'), 'utf8');
  const line = /^Floors, ground up: (.*?)\. /m.exec(text)?.[1] ?? '';
  return line.split(' | ').map((floor) => floor.split(', '));
}

/** The folder of `gateway/` that a file or folder is in; `nodes` for all of them; undefined for anything else. */
function roomOf(path: string): string | undefined {
  const [top, second, ...rest] = path.split('/');
  if (top === 'nodes') return 'nodes';
  const inside = rest.length > 0 || !second?.endsWith('.ts');
  return top === 'gateway' && second !== undefined && inside ? second : undefined;
}

/** The imports from one room into another. `gateway/index.ts`, the face of the package, is in no room. */
function betweenRooms(): Import[] {
  return [...sourceFiles('gateway'), ...sourceFiles('nodes')]
    .flatMap((from) => importsOf(from).map((to) => ({ from, to })))
    .filter(({ from, to }) => roomOf(from) && roomOf(to) && roomOf(from) !== roomOf(to));
}

function upward(imports: readonly Import[]): Import[] {
  const floors = documentedFloors();
  const floorOf = (path: string) => floors.findIndex((rooms) => rooms.includes(roomOf(path) ?? ''));
  return imports.filter(({ from, to }) => floorOf(to) >= floorOf(from));
}

function pastTheFace(imports: readonly Import[]): Import[] {
  return imports.filter(({ to }) => to !== `gateway/${roomOf(to)}` && to !== schemaFace);
}

describe('the rooms of the house', () => {
  const imports = betweenRooms();

  it('are all on a floor of docs/architecture.md, each on one', () => {
    const rooms = readdirSync(join(root, 'gateway'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    assert.deepEqual(documentedFloors().flat().sort(), [...rooms, 'nodes'].sort());
  });

  it('import only from the floors below', () => {
    assert.ok(imports.length > 300, `${imports.length} imports were found`);
    assert.deepEqual(upward(imports), []);
  });

  it('are imported only through their public face', () => {
    assert.deepEqual(pastTheFace(imports), []);
  });

  it('do not depend on Node-RED, except for the nodes', () => {
    const knowing = sourceFiles('gateway').filter((file) =>
      importsOf(file).some((name) => name === 'node-red' || name.startsWith('@node-red/')),
    );
    assert.deepEqual(knowing, []);
  });

  it('are checked by tests that find an import upwards, sideways, or past a face', () => {
    const up = { from: 'gateway/task/task.ts', to: 'gateway/engine' };
    const beside = { from: 'gateway/participant/participant.ts', to: 'gateway/coordinator' };
    const past = { from: 'nodes/ftte-train/ftte-train.ts', to: 'gateway/engine/compile' };
    assert.deepEqual(upward([up, beside, past]), [up, beside]);
    assert.deepEqual(pastTheFace([up, beside, past]), [past]);
  });
});

/** The imports within one room from one of its folders into another, or into a loose file of the room. */
function insideRooms(): Import[] {
  return sourceFiles('gateway')
    .filter((from) => folderOf(from) !== undefined)
    .flatMap((from) =>
      importsOf(from).map((to) => ({ from, to: to.startsWith('gateway/') ? importedPath(to) : to })),
    )
    .filter(({ from, to }) => roomOf(from) === roomOf(to) && folderOf(from) !== folderOf(to));
}

/** The file that an import without an extension means. */
function importedPath(to: string): string {
  return existsSync(join(root, to, 'index.ts')) ? `${to}/index.ts` : `${to}.ts`;
}

/** The room and folder of a file of `gateway/`. Undefined for a loose file of a room. */
function folderOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts.length > 3 ? parts.slice(1, 3).join('/') : undefined;
}

/** The folders that import each other, directly or through others. */
function circles(imports: readonly Import[]): string[] {
  const below = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [folder, other] = [folderOf(from), folderOf(to)];
    if (folder !== undefined && other !== undefined)
      below.set(folder, (below.get(folder) ?? new Set()).add(other));
  }
  const reaches = (folder: string, wanted: string, seen: Set<string>): boolean =>
    [...(below.get(folder) ?? [])].some((next) => {
      if (next === wanted) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, wanted, seen);
    });
  return [...below.keys()].filter((folder) => reaches(folder, folder, new Set())).sort();
}

describe('the folders inside a room', () => {
  const imports = insideRooms();

  it('import one way', () => {
    assert.ok(imports.length > 100, `${imports.length} imports were found`);
    assert.deepEqual(circles(imports), []);
  });

  it('import no loose file of the room', () => {
    const loose = imports.filter(({ to }) => folderOf(to) === undefined);
    assert.deepEqual(loose, []);
  });

  it('have at most 20 files, and a room has at most 12 loose ones', () => {
    const crowded = ['gateway', 'nodes', 'bench', 'tools', 'test']
      .flatMap((top) => folders(top))
      .map(({ path, files }) => ({ path, files, most: /^gateway\/[^/]+$/.test(path) ? 12 : 20 }))
      .filter(({ files, most }) => files > most);
    assert.deepEqual(crowded, []);
    const pages = readdirSync(join(root, 'docs'), { withFileTypes: true }).filter((entry) => entry.isFile());
    assert.ok(pages.length <= 20, `docs has ${pages.length}`);
  });

  it('are checked by a test that finds a circle', () => {
    const down = { from: 'gateway/coordinator/updates/a.ts', to: 'gateway/coordinator/state/b.ts' };
    const up = { from: 'gateway/coordinator/state/b.ts', to: 'gateway/coordinator/updates/a.ts' };
    assert.deepEqual(circles([down]), []);
    assert.deepEqual(circles([down, up]), ['coordinator/state', 'coordinator/updates']);
  });
});

/** The folders with TypeScript below a folder of the project, and the number of files in each. */
function folders(top: string): { path: string; files: number }[] {
  const counts = new Map<string, number>();
  for (const file of sourceFiles(top)) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1);
  return [...counts].map(([path, files]) => ({ path, files }));
}

describe('the nodes', () => {
  it('share the code in runtime, and nothing else', () => {
    const reaching = sourceFiles('nodes').flatMap((from) => {
      const own = from.split('/')[1];
      return importsOf(from)
        .filter((to) => to.startsWith('nodes/') && to.split('/')[1] !== own && to !== 'nodes/runtime')
        .map((to) => ({ from, to }));
    });
    assert.deepEqual(reaching, []);
  });
});
