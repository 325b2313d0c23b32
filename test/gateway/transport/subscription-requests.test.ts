import assert from 'node:assert/strict';
import { type Random, SeededRandom, VirtualClock } from '../../../gateway/platform';
import { endsConnectionAt, notAllowed } from '../../../gateway/transport/mqtt/mqtt-errors';
import { SubscriptionRequests } from '../../../gateway/transport/mqtt/subscription-requests';

describe('an existing subscription that a broker refuses', () => {
  /** A broker that refuses for a time, what was requested of it, and what was said. */
  function world(random: { uniform(): number } = { uniform: () => 0.5 }) {
    const clock = new VirtualClock();
    const said: string[] = [];
    const askedAt: number[] = [];
    const broker = { refuses: true, isSubscribed: true };
    const ask = async (filter: string) => {
      askedAt.push(clock.now() / 1000);
      if (broker.refuses) throw notAllowed(`the subscription ${filter}`);
    };
    const requests = new SubscriptionRequests({
      clock,
      random: random as Random,
      refusal: (filter) => endsConnectionAt('mqtt://x', filter, 'subscribe'),
      onRefused: ({ message }) => said.push(message),
      again: (filter) => {
        if (broker.isSubscribed) void requests.request(filter, ask);
        return broker.isSubscribed;
      },
    });
    const pass = async (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        clock.advance(1_000);
        await new Promise(setImmediate);
      }
    };
    return { requests, ask, said, askedAt, broker, pass };
  }

  it('is requested again after 5, 10 and 20 s, until the broker confirms it, and is said once', async () => {
    const { requests, ask, said, askedAt, broker, pass } = world();
    await requests.requestAll(['a/task'], ask);
    await pass(30);
    broker.refuses = false;
    await pass(600);
    assert.deepEqual(askedAt, [0, 5, 15, 35]);
    assert.deepEqual(said, ['the broker refuses the subscription a/task']);
  });

  it('waits for five minutes at most', async () => {
    const { requests, ask, askedAt, pass } = world();
    await requests.requestAll(['a/task'], ask);
    await pass(1_500);
    assert.deepEqual(askedAt.slice(-3), [615, 915, 1215]);
  });

  it('is requested by each gateway of a fleet at a time of its own', async () => {
    const firsts: (number | undefined)[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const { requests, ask, askedAt, pass } = world(new SeededRandom(seed));
      await requests.requestAll(['a/task'], ask);
      await pass(8);
      firsts.push(askedAt[1]);
    }
    assert.ok(new Set(firsts).size > 1, `all after ${firsts[0]} s`);
  });

  it('is not requested again when its transport is closed, even if the broker refuses it afterwards', async () => {
    const { requests, askedAt, pass } = world();
    let refuse: (error: Error) => void = () => undefined;
    const late = new Promise<void>((_, reject) => {
      refuse = reject;
    });
    const asked = requests.requestAll(['a/task'], () => late);
    requests.fail(new Error('closed'));
    refuse(notAllowed('the subscription a/task'));
    await asked;
    await pass(600);
    assert.deepEqual(askedAt, []);
  });

  it('is not requested again when nobody subscribes any more, or when another caller got it', async () => {
    const { requests, ask, askedAt, broker, pass } = world();
    await requests.requestAll(['a/task', 'b/task'], ask);
    broker.refuses = false;
    await requests.request('a/task', ask);
    broker.isSubscribed = false;
    await pass(600);
    assert.deepEqual(askedAt, [0, 0, 0]);
  });

  it('is left to the next connection when this one ends', async () => {
    const { requests, ask, askedAt, pass } = world();
    await requests.requestAll(['a/task'], ask);
    requests.ended(true);
    await pass(600);
    assert.deepEqual(askedAt, [0]);
  });

  it('is left to the caller who waits for the answer', async () => {
    const { requests, ask, said, askedAt, pass } = world();
    const answer = requests.wait('a/task');
    await requests.request('a/task', ask);
    await assert.rejects(answer, /refuses the subscription a\/task/);
    await pass(600);
    assert.deepEqual([askedAt, said], [[0], []]);
  });
});
