import assert from 'node:assert/strict';
import { isExplosion, RateGuard } from '../../../../gateway/participant/rounds/rate-guard';

describe("the guard of a gateway's learning rate", () => {
  it('halves after each round that diverged, and not without end', () => {
    const guard = new RateGuard();
    guard.diverged();
    assert.equal(guard.share, 0.5);
    for (let i = 0; i < 30; i++) guard.diverged();
    assert.equal(guard.share, 2 ** -10);
  });

  it('doubles again after eight rounds that did not, up to the rate of the task', () => {
    const guard = new RateGuard();
    guard.diverged();
    guard.diverged();
    for (let i = 0; i < 7; i++) guard.succeeded();
    assert.equal(guard.share, 0.25);
    guard.succeeded();
    assert.equal(guard.share, 0.5);
    for (let i = 0; i < 100; i++) guard.succeeded();
    assert.equal(guard.share, 1);
  });

  it('knows a round that diverged by its loss', () => {
    for (const [before, after, expected] of [
      [1.8, 1.2, false],
      [0.05, 0.6, false],
      [1.8, 5, true],
      [2000, 3000, false],
      [2000, 9000, true],
      [1.8, Number.NaN, true],
      [Number.NaN, 1, true],
      [1.8, Number.POSITIVE_INFINITY, true],
    ] as const)
      assert.equal(isExplosion(before, after), expected, `${before} to ${after}`);
  });
});
