import assert from 'node:assert/strict';
import {
  type LearningCondition,
  LearningProgress,
} from '../../../../gateway/coordinator/reports/learning-progress';
import { VirtualClock } from '../../../../gateway/platform';

const learning: LearningCondition = {
  phase: 'collecting',
  online: true,
  contesting: false,
  missingWindows: 0,
  gatewaysOnline: 2,
  version: 3,
  buffered: 0,
  bufferSize: 2,
};

function make() {
  const clock = new VirtualClock(1_000_000);
  const progress = new LearningProgress(clock);
  const needs = (changes: Partial<LearningCondition> = {}) =>
    progress.waiting({ ...learning, ...changes })?.for;
  return { clock, needs, progress };
}

describe('the progress of a coordinator', () => {
  it('waits for the broker, for gateways, and for the windows of a warm start, from the first moment', () => {
    const { needs } = make();
    assert.equal(needs({ online: false }), 'broker');
    assert.equal(needs({ gatewaysOnline: 0 }), 'gateways');
    assert.equal(needs({ phase: 'warming', missingWindows: 12, gatewaysOnline: 0 }), 'windows');
    assert.equal(needs({ phase: 'warming', missingWindows: 0, gatewaysOnline: 0 }), undefined);
  });

  it('waits for nothing in phases that say themselves why nothing is learned', () => {
    const { needs } = make();
    for (const phase of ['paused', 'refused', 'stopped'] as const)
      assert.equal(needs({ phase, online: false, gatewaysOnline: 0 }), undefined);
  });

  it('waits for updates 45 s after the last one', () => {
    const { clock, needs, progress } = make();
    clock.advance(10_000);
    progress.count(1, 0);
    clock.advance(44_999);
    assert.equal(needs(), undefined);
    clock.advance(1);
    assert.equal(needs(), 'updates');
    progress.count(2, 0);
    assert.equal(needs(), undefined);
  });

  it('waits for contributions 30 s after the first one, if fewer gateways are connected than fill the buffer', () => {
    const { clock, needs, progress } = make();
    clock.advance(1);
    progress.count(2, 0);
    const few = { buffered: 2, bufferSize: 3 };
    assert.equal(needs(few), undefined);
    clock.advance(29_999);
    assert.equal(needs(few), undefined);
    clock.advance(1);
    assert.equal(needs(few), 'contributions');
    assert.equal(needs({ ...few, gatewaysOnline: 3 }), undefined, 'enough gateways');
    assert.equal(needs({ ...few, version: 4 }), undefined, 'a version was made');
    clock.advance(30_000);
    assert.equal(needs({ ...few, version: 4 }), 'contributions');
    assert.equal(needs({ bufferSize: 3 }), 'updates', 'the buffer was applied, and nothing has come since');
  });

  it('waits three times as long as usual if updates are rare', () => {
    const { clock, needs, progress } = make();
    for (let accepted = 1; accepted <= 5; accepted++) {
      clock.advance(60_000);
      progress.count(accepted, 0);
    }
    clock.advance(179_999);
    assert.equal(needs(), undefined);
    clock.advance(1);
    assert.equal(needs(), 'updates');
  });

  it('waits for the first update 52 s after gateways could send, however long it was alone before', () => {
    const { clock, needs, progress } = make();
    for (const alone of [{ gatewaysOnline: 0 }, { online: false }, { phase: 'warming' }] as const) {
      assert.notEqual(needs(alone), 'updates');
      clock.advance(400_000);
      assert.equal(needs(), undefined);
      clock.advance(51_999);
      assert.equal(needs(), undefined);
      clock.advance(1);
      assert.equal(needs(), 'updates');
    }
    assert.equal(needs({ gatewaysOnline: 0 }), 'gateways');
    clock.advance(400_000);
    assert.equal(needs(), undefined);
    clock.advance(10_000);
    progress.count(1, 0);
    clock.advance(44_999);
    assert.equal(needs(), undefined, 'the time alone is no usual pause, nor an excuse');
    clock.advance(1);
    assert.equal(needs(), 'updates');
  });

  it('says that updates come and all are refused', () => {
    const { clock, needs, progress } = make();
    clock.advance(45_000);
    progress.count(0, 7);
    assert.equal(needs(), 'usable-updates');
    progress.count(1, 7);
    assert.equal(needs(), undefined);
  });
});
