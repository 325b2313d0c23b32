import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf, root, sourceFiles } from '../support/source-files';

/** What the engine's threads load instead of the whole room, so that no schema library comes with it. */
const coreFace = 'gateway/task/core';

interface Import {
  readonly from: string;
  readonly to: string;
}

/** The floors, ground up, as the documentation has them. */
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

/** Imports from one room into another. The face of the whole, `gateway/index.ts`, is in none. */
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
  return imports.filter(({ to }) => to !== `gateway/${roomOf(to)}` && to !== coreFace);
}

describe('the rooms of the house', () => {
  const imports = betweenRooms();

  it('are all on a floor of docs/architecture.md, each on one', () => {
    const rooms = readdirSync(join(root, 'gateway'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    assert.deepEqual(documentedFloors().flat().sort(), [...rooms, 'nodes'].sort());
  });

  it('import from the floors below only', () => {
    assert.ok(imports.length > 300, `${imports.length} imports were found`);
    assert.deepEqual(upward(imports), []);
  });

  it('are entered by their public face only', () => {
    assert.deepEqual(pastTheFace(imports), []);
  });

  it('know nothing of Node-RED, but for the nodes', () => {
    const knowing = sourceFiles('gateway').filter((file) =>
      importsOf(file).some((name) => name === 'node-red' || name.startsWith('@node-red/')),
    );
    assert.deepEqual(knowing, []);
  });

  it('would not hide an import that goes up, beside, or past a face', () => {
    const up = { from: 'gateway/task/task.ts', to: 'gateway/engine' };
    const beside = { from: 'gateway/participant/participant.ts', to: 'gateway/coordinator' };
    const past = { from: 'nodes/ftte-train/ftte-train.ts', to: 'gateway/engine/compile' };
    assert.deepEqual(upward([up, beside, past]), [up, beside]);
    assert.deepEqual(pastTheFace([up, beside, past]), [past]);
  });
});

describe('the nodes', () => {
  it('share what is in runtime, and nothing else of each other', () => {
    const reaching = sourceFiles('nodes').flatMap((from) => {
      const own = from.split('/')[1];
      return importsOf(from)
        .filter((to) => to.startsWith('nodes/') && to.split('/')[1] !== own && to !== 'nodes/runtime')
        .map((to) => ({ from, to }));
    });
    assert.deepEqual(reaching, []);
  });
});
