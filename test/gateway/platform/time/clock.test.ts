import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { systemClock } from '../../../../gateway/platform';

describe("the machine's clock", () => {
  it('shows the time of day in whole milliseconds', () => {
    assert.ok(Number.isInteger(systemClock.now()));
    // A machine that slept since the start of the process is behind by that time.
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 24 * 3_600_000);
  });

  it('continues if the wall clock is set back', () => {
    const now = Date.now;
    const before = systemClock.now();
    Date.now = () => now() - 3_600_000;
    try {
      assert.ok(systemClock.now() >= before);
    } finally {
      Date.now = now;
    }
  });
});

describe("a timer of the machine's clock", () => {
  it('waits longer than a timeout of Node.js can, in place of firing at once', async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => void warnings.push(name);
    process.on('warning', note);
    let fired = false;
    const timer = systemClock.after(1e12, () => {
      fired = true;
    });
    await new Promise<void>((resolve) => void systemClock.after(20, resolve, { holdsProcess: true }));
    timer.cancel();
    process.off('warning', note);
    assert.equal(fired, false);
    assert.deepEqual(warnings, []);
  });

  /** Milliseconds after which the timers of a child process fired before it ended. */
  function firedIn(script: string): string {
    return execFileSync(process.execPath, ['--require', './test/loader.cjs', '-e', script], {
      cwd: join(__dirname, '..', '..', '..', '..'),
      encoding: 'utf8',
    }).trim();
  }

  it('keeps the process alive only if its options say so', () => {
    const fired = firedIn(`
      const { systemClock } = require('./gateway/platform');
      systemClock.after(50, () => console.log('50'), { holdsProcess: true });
      systemClock.after(3600000, () => console.log('an hour'));
      systemClock.after(3600000, () => console.log('cancelled'), { holdsProcess: true }).cancel();`);
    assert.equal(fired, '50');
  });
});
