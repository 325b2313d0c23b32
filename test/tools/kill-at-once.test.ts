import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAtOnce } from '../../tools/support/kill-at-once';

/** A process that notes when its parent has ended. */
const orphan = `
const parent = process.ppid;
process.send('begun');
setInterval(() => {
  if (process.ppid !== parent) require('node:fs').writeFileSync(process.argv[1] + '/orphan-' + process.pid, '');
}, 1);`;

/** A process that has three of them, says so, and notes when one has ended before it. */
const parent = `
const { spawn } = require('node:child_process');
const folder = process.argv[1];
let begun = 0;
for (let i = 0; i < 3; i++) {
  const child = spawn(process.execPath, ['-e', ${JSON.stringify(orphan)}, folder], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  child.on('message', () => ++begun === 3 && process.send('begun'));
  child.on('exit', () => require('node:fs').writeFileSync(folder + '/parent-of-' + child.pid, ''));
}`;

describe('a process that is killed with those that it has started', () => {
  let folder: string;
  let child: ChildProcess;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ftte-kill-'));
    child = spawn(process.execPath, ['-e', parent, folder], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('ends at one moment: none of them does anything after the end of another', async () => {
    await killAtOnce(child);
    assert.equal(child.signalCode, 'SIGKILL');
    assert.deepEqual(readdirSync(folder), []);
  });

  it('may have ended already', () => killAtOnce(child));

  it('ends also if it never stands still', async () => {
    // A list of processes that says of each living one that it runs.
    const says = 'case "$*" in *-p*) for last; do :; done; kill -0 "$last" 2>/dev/null && echo R;; esac';
    writeFileSync(join(folder, 'ps'), `#!/bin/sh\n${says}\n`, { mode: 0o755 });
    const restless = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const { PATH } = process.env;
    process.env['PATH'] = `${folder}:${PATH}`;
    try {
      await killAtOnce(restless, 3);
      assert.equal(restless.signalCode, 'SIGKILL');
    } finally {
      process.env['PATH'] = PATH;
      restless.kill('SIGKILL');
    }
  });
});
