import assert from 'node:assert/strict';
import { AnswerWatch } from '../../../../gateway/participant/answers/answer-watch';
import { VirtualClock } from '../../../../gateway/platform';
import type { Session } from '../../../../gateway/session';

describe('the watch over answers', () => {
  let clock: VirtualClock;
  let coordinatorSeenMs: number | undefined;
  let texts: string[];
  let probes: number;
  let watch: AnswerWatch;

  const make = (more: { needsProbe?: boolean; probe?: undefined } = {}) => {
    const session = {
      topicOf: (type: string) => `ftte/${type}`,
      get coordinatorSeenMs() {
        return coordinatorSeenMs;
      },
    } as unknown as Session;
    return new AnswerWatch({
      session,
      clock,
      type: 'update',
      answer: 'ack',
      probe: async () => void probes++,
      onUnanswered: (text) => texts.push(text),
      onAnswered: (text) => texts.push(text),
      ...more,
    });
  };

  beforeEach(() => {
    clock = new VirtualClock(1000);
    coordinatorSeenMs = undefined;
    texts = [];
    probes = 0;
    watch = make();
  });

  const send = (times: number) => {
    for (let i = 0; i < times; i++) watch.sent();
  };

  it('waits for three messages and for 10 s, then sends a probe', () => {
    send(2);
    clock.advance(3_600_000);
    assert.deepEqual([probes, texts], [0, []]);
    send(1);
    clock.advance(0);
    assert.equal(probes, 1);
  });

  it('names the topic of the messages alone if the probe is answered', () => {
    send(3);
    clock.advance(10_000);
    coordinatorSeenMs = clock.now();
    watch.probeAnswered();
    assert.deepEqual(texts, [
      '3 messages on ftte/update were not answered although the coordinator is connected: may this user publish there?',
    ]);
    assert.equal(watch.unanswered, true);
  });

  it('names both topics if only other messages show that the coordinator is connected', () => {
    send(3);
    clock.advance(10_000);
    coordinatorSeenMs = clock.now();
    clock.advance(10_000);
    assert.match(texts[0]!, /coordinator is connected: may this user publish there, and read ftte\/ack\?$/);
  });

  it('leaves it open if nothing shows that the coordinator is connected', () => {
    coordinatorSeenMs = clock.now() - 1;
    send(3);
    clock.advance(20_000);
    assert.match(
      texts[0]!,
      /: the coordinator is not connected, or this user may not publish there, and read/,
    );
    assert.equal(watch.unanswered, false);
  });

  it('reports nothing without an answer to the probe if it needs one', () => {
    watch = make({ needsProbe: true });
    send(3);
    coordinatorSeenMs = clock.now();
    clock.advance(60_000);
    assert.deepEqual(texts, []);
    watch.probeAnswered();
    assert.equal(texts.length, 1);
  });

  it('reports once, then the first answer, and again after that', () => {
    for (const round of [1, 2]) {
      send(3);
      clock.advance(20_000);
      send(20);
      clock.advance(3_600_000);
      assert.equal(texts.length, 2 * round - 1);
      watch.answered();
      assert.equal(texts.at(-1), 'the coordinator answers again on ftte/ack');
      watch.answered();
      assert.equal(texts.length, 2 * round);
    }
  });

  it('forgets what was sent on an earlier connection, and leaves no timer', () => {
    send(3);
    watch.reset();
    assert.equal(clock.nextDue, undefined);
    send(2);
    clock.advance(60_000);
    assert.deepEqual(texts, []);
  });
});
