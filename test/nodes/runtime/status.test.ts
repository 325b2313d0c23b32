import assert from 'node:assert/strict';
import { VirtualClock } from '../../../gateway/platform';
import { Status } from '../../../nodes/runtime';
import { catalog, FakeNode } from '../../support/node-red/fake-node';

const RED = catalog({
  'ftte-test.status.round': 'round __round__',
  'ftte-test.status.long': 'a text that runs into the next node',
});

function make() {
  const clock = new VirtualClock();
  const fake = new FakeNode();
  const status = new Status(RED, fake.node, clock);
  const texts = () => fake.statuses.map((each) => (typeof each === 'string' ? each : (each.text ?? '')));
  return { clock, fake, status, texts };
}

describe('the status line', () => {
  it('shows the translated text at once', () => {
    const { fake, status } = make();
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 3 });
    assert.deepEqual(fake.statuses, [{ fill: 'blue', shape: 'dot', text: 'round 3' }]);
  });

  it('sends at most one status per second, and the last one counts', () => {
    const { clock, status, texts } = make();
    for (const round of [1, 2, 3, 4]) status.set('blue', 'dot', 'ftte-test.status.round', { round });
    assert.deepEqual(texts(), ['round 1']);
    clock.advance(999);
    assert.deepEqual(texts(), ['round 1']);
    clock.advance(1);
    assert.deepEqual(texts(), ['round 1', 'round 4']);
  });

  it('does not send what is shown already', () => {
    const { clock, status, texts } = make();
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 1 });
    clock.advance(5000);
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 1 });
    assert.deepEqual(texts(), ['round 1']);
  });

  it('cuts texts to 20 characters', () => {
    const { status, texts } = make();
    status.set('red', 'ring', 'ftte-test.status.long');
    assert.deepEqual(texts(), ['a text that runs in…']);
    assert.equal([...(texts()[0] ?? '')].length, 20);
  });

  it('shows the last part of a key that the catalog does not have', () => {
    const { status, texts } = make();
    status.set('grey', 'ring', 'ftte-test.status.waiting');
    assert.deepEqual(texts(), ['waiting']);
  });

  it('is cleared when the node closes, and stays so', async () => {
    const { clock, fake, status } = make();
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 1 });
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 2 });
    await fake.close();
    status.set('blue', 'dot', 'ftte-test.status.round', { round: 3 });
    clock.advance(10_000);
    assert.deepEqual(fake.statuses.slice(1), [{}]);
  });
});
