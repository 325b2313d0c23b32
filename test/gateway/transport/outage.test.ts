import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { OutageReporter } from '../../../gateway/transport/mqtt/outage';

describe('the report of an outage', () => {
  const refused = new Error('the broker mqtt://b cannot be reached (ECONNREFUSED)');
  let clock: VirtualClock;
  let lines: string[];
  const reporter = (afterMs = 5000) => {
    const note = (text: string) => void lines.push(text);
    return new OutageReporter({
      url: 'mqtt://b',
      clock,
      log: { info: note, warn: note, error: note },
      afterMs,
    });
  };
  beforeEach(() => {
    clock = new VirtualClock();
    lines = [];
  });

  it('comes at once before the first connection, and then says that there is one', () => {
    const outage = reporter();
    outage.failed(refused, false);
    assert.deepEqual(lines, [`${refused.message}, trying again`]);
    clock.advance(1000);
    outage.connected();
    assert.equal(lines[1], 'the broker mqtt://b is connected after 1 s and 1 attempts');
  });

  it('waits for a broker that restarts', () => {
    const outage = reporter();
    outage.connected();
    outage.failed(refused, false);
    clock.advance(4999);
    outage.failed(refused, false);
    outage.connected();
    assert.deepEqual(lines, []);
  });

  it('comes once, and then counts attempts until the connection is back', () => {
    const outage = reporter();
    outage.connected();
    for (let i = 0; i < 10; i++) {
      outage.failed(refused, false);
      clock.advance(2000);
    }
    outage.connected();
    assert.deepEqual(lines, [
      `${refused.message}, trying again`,
      'the broker mqtt://b is connected again after 20 s and 10 attempts',
    ]);
  });

  it('comes once for each reason, and again in the next outage', () => {
    const outage = reporter();
    outage.connected();
    const denied = new Error('the broker mqtt://b refuses the user name or password');
    const fail = () => {
      for (const error of [refused, denied, refused, denied, refused, denied]) {
        outage.failed(error, false);
        clock.advance(3000);
      }
    };
    fail();
    assert.equal(lines.length, 2);
    outage.connected();
    fail();
    assert.equal(lines.length, 5);
  });

  it('comes once for connections that keep ending, until one is stable', () => {
    const outage = reporter();
    const ended = new Error('the connection to the broker mqtt://b ended');
    const flap = (times: number) => {
      for (let i = 0; i < times; i++) {
        outage.failed(ended, true);
        outage.connected();
      }
    };
    flap(2);
    assert.deepEqual(lines, []);
    flap(5);
    assert.deepEqual(lines, [`${ended.message}, trying again`]);
    outage.stable();
    flap(3);
    assert.equal(lines.length, 2);
  });

  it('does not come if it is turned off', () => {
    const outage = reporter(0);
    outage.failed(refused, false);
    clock.advance(60_000);
    outage.failed(refused, false);
    outage.connected();
    assert.deepEqual(lines, []);
  });
});
