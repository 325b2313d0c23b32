import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noticeCodes, VirtualClock } from '../../../gateway/platform';
import { Status } from '../../../nodes/runtime';
import { catalog, FakeNode } from '../../support/node-red/fake-node';
import { root } from '../../support/source-files';

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

describe('statuses in the catalogs', () => {
  const texts = (type: string): Record<string, string> => {
    const path = join(root, 'nodes', type, 'locales', 'en-US', `${type}.json`);
    return JSON.parse(readFileSync(path, 'utf8'))[type].status ?? {};
  };

  it('leave room for the number of an error: 13 letters and a count of up to four', () => {
    for (const [code, text] of Object.entries(texts('ftte-federation'))) {
      assert.ok(code in noticeCodes, code);
      assert.ok(text.length <= 13, `${code}: ${text}`);
    }
  });

  it('fit without their words, which make most of them longer by no more than four letters each', () => {
    for (const type of ['window', 'train', 'predict', 'coordinate', 'replay']) {
      for (const [key, text] of Object.entries(texts(`ftte-${type}`)))
        assert.ok(text.replace(/__\w+__/g, '1').length <= 20, `${type}, ${key}: ${text}`);
    }
  });
});
