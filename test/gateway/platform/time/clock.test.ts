import assert from 'node:assert/strict';
import { systemClock } from '../../../../gateway/platform';

describe("the machine's clock", () => {
  it('tells the time of day in whole milliseconds', () => {
    assert.ok(Number.isInteger(systemClock.now()));
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 60_000);
  });

  it('goes on where the wall clock is set back', () => {
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
