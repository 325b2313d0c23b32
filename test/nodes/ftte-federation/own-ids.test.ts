import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../../gateway/platform';
import { machineId, OwnIds, ownIdFile } from '../../../nodes/ftte-federation/own-ids';

/** The module that sources use: what is put in place of a function is called by them, too. */
const fs = createRequire(__filename)('node:fs') as { mkdirSync: typeof mkdirSync };

/** Makes folders as Node.js does on a disk that is read-only: it says of a path of several that there is no such folder. */
const mkdirOfReadOnlyDisk = ((path: string, options?: { recursive?: boolean }) => {
  const code = options?.recursive ? 'ENOENT' : 'EROFS';
  throw Object.assign(new Error(`${code}: mkdir '${path}'`), { code, syscall: 'mkdir', path });
}) as typeof mkdirSync;

describe('the id of a gateway whose field is empty', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-own-ids-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** The ids of a process on a machine. */
  const machine = (seed: number, host = 'pi', users: string[] = []) => {
    const ids = new OwnIds({ host, random: new SeededRandom(seed) });
    const place = (path = 'node') => ({ nodeId: 'a1b2c3d4', folder: join(folder, path), users: () => users });
    const said: string[] = [];
    return {
      said,
      peek: (path?: string) => ids.peek(place(path)),
      start: (path?: string) => ids.keep(place(path), (text, code) => said.push(`[${code}] ${text}`)),
      renew: (path?: string) => ids.renew(place(path)),
    };
  };

  it('is drawn at the first start and kept: two machines of one image differ, and each stays the same', () => {
    const [one, two] = [machine(1), machine(2)];
    const [first, second] = [one.start('one'), two.start('two')];
    assert.match(first, /^pi-[a-z0-9]{6}$/);
    assert.notEqual(first, second);
    assert.equal(machine(3).start('one'), first);
    assert.deepEqual([...one.said, ...two.said], []);
    assert.equal(statSync(ownIdFile(join(folder, 'one'))).mode & 0o777, 0o600);
  });

  it('is shown before the first start, and nothing is written for that', () => {
    const here = machine(1);
    const shown = here.peek();
    assert.throws(() => statSync(join(folder, 'node')));
    assert.equal(here.start(), shown);
    assert.equal(machine(9).peek(), shown);
  });

  it('stays what it was where the node, or one that uses it, ran before ids were drawn', () => {
    const earlier = machineId('pi', 'a1b2c3d4');
    mkdirSync(join(folder, 'node', 'outbox'), { recursive: true });
    assert.equal(machine(1).peek(), earlier);
    assert.equal(machine(1).start(), earlier);
    mkdirSync(join(folder, 'coordinate', 'coordinator'), { recursive: true });
    assert.equal(machine(1, 'pi', [join(folder, 'coordinate')]).start('other'), earlier);
    // The machine is called something else now.
    assert.equal(machine(1, 'bed-3').start(), earlier);
  });

  it('is kept on another machine, which is said once: its files were moved there, or copied', () => {
    const id = machine(1).start();
    cpSync(join(folder, 'node'), join(folder, 'copy'), { recursive: true });
    const other = machine(2, 'pi-2');
    assert.equal(other.start('copy'), id);
    assert.match(
      other.said.join(),
      /\[id-of-another-machine\] .*was drawn on the machine "pi", and this one is "pi-2": if both run/,
    );
    const again = machine(3, 'pi-2');
    assert.equal(again.start('copy'), id);
    assert.deepEqual(again.said, []);
  });

  it('is another one at the next start once the samples were forgotten', () => {
    const id = machine(1).start();
    mkdirSync(join(folder, 'node', 'outbox'));
    machine(2).renew();
    const next = machine(3).start();
    assert.notEqual(next, id);
    assert.match(next, /^pi-[a-z0-9]{6}$/);
    // Where none was drawn there is nothing to draw again.
    machine(2).renew('empty');
    assert.throws(() => statSync(join(folder, 'empty')));
  });

  it('is drawn although it cannot be kept, and the log says so', () => {
    // A file is where the folder belongs.
    writeFileSync(join(folder, 'node'), '');
    const here = machine(1);
    assert.match(here.start(), /^pi-[a-z0-9]{6}$/);
    assert.match(here.said.join(), /\[storage\] cannot write .*gateway-id\.json/);
    assert.equal(here.peek(), here.start());
  });

  it('is drawn on a disk that is read-only, and that is the reason in the log, not the folder that is not there', () => {
    const here = machine(1);
    const { mkdirSync: usual } = fs;
    fs.mkdirSync = mkdirOfReadOnlyDisk;
    try {
      here.start(join('ftte', 'node'));
    } finally {
      fs.mkdirSync = usual;
    }
    assert.match(here.said.join(), /^\[storage\] cannot write .*gateway-id\.json: EROFS: /);
  });

  it('is that of the earlier rule where the file is damaged', () => {
    const here = machine(1);
    here.start();
    for (const text of ['{"gate', '{"gateway":"a/b"}', 'null']) {
      writeFileSync(ownIdFile(join(folder, 'node')), text);
      assert.equal(here.start(), machineId('pi', 'a1b2c3d4'), text);
    }
    assert.match(readFileSync(ownIdFile(join(folder, 'node')), 'utf8'), /"gateway":"pi-a1b2c3"/);
  });

  it('has a name that fits into a topic, whatever the machine is called', () => {
    assert.equal(machineId('Room_3 (Pi).hospital.local', 'a1b2c3d4'), 'room-3-pi-a1b2c3');
    assert.equal(machineId('---', 'x'), 'gateway-x');
  });
});
