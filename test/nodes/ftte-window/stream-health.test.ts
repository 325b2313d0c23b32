import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { StreamHealth } from '../../../nodes/ftte-window/stream-health';
import { Status } from '../../../nodes/runtime';
import { FakeNode, nodeCatalog } from '../../support/node-red/fake-node';

/** A stream of 20 Hz with windows of 2 s. */
function make(needsLabels = true) {
  const clock = new VirtualClock();
  const fake = new FakeNode('window', 'ftte-window');
  const status = new Status(nodeCatalog('ftte-window'), fake.node, clock);
  const said: string[] = [];
  const health = new StreamHealth(
    clock,
    () => needsLabels,
    (text, code) => said.push(`${code}: ${text}`),
  );
  health.begin({ rateHz: 20, windowMs: 2000, holdMs: undefined });
  let readings = 0;
  /** Seconds of the stream, with a window every two seconds or none. */
  const stream = (seconds: number, windows: 'labelled' | 'unlabelled' | 'none', hz = 20) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1000);
      readings += hz;
      if (hz > 0) health.readingsCame(readings);
      if (windows !== 'none' && second % 2 === 1) health.windowsLeft(1, windows === 'labelled');
      health.check();
    }
  };
  const shown = () => {
    const look = health.look();
    if (look) status.show(look);
    clock.advance(1000);
    const last = fake.statuses.at(-1);
    return typeof last === 'object' ? `${last.fill} ${last.text}` : undefined;
  };
  return { health, said, shown, stream };
}

describe("the window node's status", () => {
  it('shows readings per second and windows in green', () => {
    const { shown, stream } = make();
    stream(8, 'labelled');
    assert.equal(shown(), 'green 20/s, 4 win');
  });

  it('is not green before the first window', () => {
    const { shown, stream } = make();
    stream(1, 'none');
    assert.match(shown() ?? '', /^grey /);
  });

  it('says how long there have been no readings', () => {
    const { said, shown, stream } = make();
    stream(8, 'labelled');
    stream(30, 'none', 0);
    assert.equal(shown(), 'yellow no readings for 30 s');
    assert.deepEqual(said, ['silent: no readings for 30 s']);
  });

  it('misses nothing after a replay that ended by itself, until readings come and stop again', () => {
    const { health, said, shown, stream } = make();
    stream(8, 'labelled');
    health.sourceEnded();
    stream(1, 'none');
    stream(60, 'none', 0);
    assert.equal(shown(), 'grey ended, 4 win');
    assert.deepEqual(said, []);
    stream(8, 'labelled');
    stream(30, 'none', 0);
    assert.equal(shown(), 'yellow no readings for 30 s');
    assert.deepEqual(said, ['silent: no readings for 30 s']);
  });

  it('says that a replay ended before one window was whole', () => {
    const { health, said, shown, stream } = make();
    stream(1, 'none');
    health.sourceEnded();
    stream(31, 'none', 0);
    assert.match(shown() ?? '', /^yellow no window for 30 s/);
    assert.deepEqual(said, ['overdue: the readings have ended before one window was whole']);
  });

  it('says how long readings have come without a window', () => {
    const { said, shown, stream } = make();
    stream(8, 'labelled');
    stream(31, 'none');
    assert.equal(shown(), 'yellow no window for 30 s');
    assert.deepEqual(said, ['overdue: no window for 30 s, although readings come']);
  });

  it('does not call a sensor silent whose readings are refused', () => {
    const { health, said, shown, stream } = make();
    stream(8, 'labelled');
    for (let second = 0; second < 31; second++) {
      health.refused();
      stream(1, 'none', 0);
    }
    assert.match(shown() ?? '', /^yellow (?!no readings)/);
    assert.deepEqual(said, ['overdue: no window for 30 s, although readings come']);
  });

  it('names the channel that does not come, and the rate that is not the task’s', () => {
    const missing = make();
    missing.health.noticed({ code: 'channel-missing', text: '', channel: 'az' });
    missing.stream(2, 'none');
    assert.equal(missing.shown(), 'yellow az missing');
    const slow = make();
    slow.stream(4, 'unlabelled', 4);
    slow.health.noticed({ code: 'rate', text: '', hz: 4 });
    assert.equal(slow.shown(), 'yellow 4 of 20 Hz');
  });

  it('names the channel whose unit is doubted, while its windows are used', () => {
    const { health, shown, stream } = make();
    stream(4, 'labelled');
    health.noticed({ code: 'scale', text: '', channel: 'az', used: true });
    stream(4, 'labelled');
    assert.equal(shown(), 'yellow az: wrong scale');
    health.begin({ rateHz: 20, windowMs: 2000, holdMs: undefined });
    stream(4, 'labelled');
    assert.match(shown() ?? '', /^green /);
  });

  it('names times of another unit than is set, whether windows leave or not', () => {
    const { health, shown, stream } = make();
    health.noticed({ code: 'time-unit', text: '', used: true });
    stream(4, 'labelled');
    assert.match(shown() ?? '', /^green /, 'times that are read in their unit');
    health.noticed({ code: 'time-unit', text: '', used: false });
    assert.equal(shown(), 'yellow times: other unit');
    stream(4, 'labelled');
    assert.equal(shown(), 'yellow times: other unit');
  });

  it('says that no window has a label, if somebody learns from labels', () => {
    const { shown, stream } = make();
    stream(31, 'unlabelled');
    assert.equal(shown(), 'yellow no label for 30 s');
    stream(2, 'labelled');
    assert.match(shown() ?? '', /^green /);
    const predicted = make(false);
    predicted.stream(31, 'unlabelled');
    assert.match(predicted.shown() ?? '', /^green /);
  });
});
