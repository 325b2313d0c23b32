import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { noticeCodes, VirtualClock } from '../../../gateway/platform';
import { roughTime, Status, waitingLook } from '../../../nodes/runtime';
import { catalog, FakeNode, nodeCatalog } from '../../support/node-red/fake-node';
import { root } from '../../support/source-files';

const RED = catalog({
  'ftte-test.status.round': 'round __round__',
  'ftte-test.status.missing': '__channel__ missing',
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
    status.set('blue', 'dot', 'round', { round: 3 });
    assert.deepEqual(fake.statuses, [{ fill: 'blue', shape: 'dot', text: 'round 3' }]);
  });

  it('sends at most one status per second, and the last one counts', () => {
    const { clock, status, texts } = make();
    for (const round of [1, 2, 3, 4]) status.set('blue', 'dot', 'round', { round });
    assert.deepEqual(texts(), ['round 1']);
    clock.advance(999);
    assert.deepEqual(texts(), ['round 1']);
    clock.advance(1);
    assert.deepEqual(texts(), ['round 1', 'round 4']);
  });

  it('does not send what is shown already', () => {
    const { clock, status, texts } = make();
    status.set('blue', 'dot', 'round', { round: 1 });
    clock.advance(5000);
    status.set('blue', 'dot', 'round', { round: 1 });
    assert.deepEqual(texts(), ['round 1']);
  });

  it('cuts texts to 20 characters', () => {
    const { status, texts } = make();
    status.set('red', 'ring', 'long');
    assert.deepEqual(texts(), ['a text that runs in…']);
    assert.equal([...(texts()[0] ?? '')].length, 20);
  });

  it('cuts a long word instead of what is said of it', () => {
    const { status, texts } = make();
    status.set('yellow', 'ring', 'missing', { channel: 'left_accelerometer_x' });
    assert.deepEqual(texts(), ['left_accele… missing']);
  });

  it('shows an error with its number, and the usual status again when none has happened for 10 s', () => {
    const { clock, fake, status, texts } = make();
    status.set('green', 'dot', 'round', { round: 1 });
    for (let count = 1; count <= 12_345; count++) status.failed({ code: 'label-unknown', count });
    clock.advance(9_999);
    assert.deepEqual(fake.statuses.at(-1), { fill: 'red', shape: 'ring', text: 'label-unknown x 12k' });
    clock.advance(1);
    assert.equal(texts().at(-1), 'round 1');
  });

  it('shows what is wrong for good instead of the last error', () => {
    const { clock, status, texts } = make();
    status.failed({ code: 'storage', count: 1 });
    status.set('red', 'ring', 'refused');
    status.failed({ code: 'storage', count: 2 });
    clock.advance(2000);
    assert.equal(texts().at(-1), 'refused');
  });

  it('shows a key that the catalog does not have', () => {
    const { status, texts } = make();
    status.set('grey', 'ring', 'waiting');
    assert.deepEqual(texts(), ['waiting']);
  });

  it('is cleared when the node closes, and stays so', async () => {
    const { clock, fake, status } = make();
    status.set('blue', 'dot', 'round', { round: 1 });
    status.set('blue', 'dot', 'round', { round: 2 });
    await fake.close();
    status.set('blue', 'dot', 'round', { round: 3 });
    clock.advance(10_000);
    assert.deepEqual(fake.statuses.slice(1), [{}]);
  });
});

describe('the status line in another language', () => {
  const texts: [language: string, waiting: string, working: string, failed: string][] = [
    ['de', 'k. Beispiel: 40 s', '2 ungesendet, v12', 'nicht lesbar x 2'],
    ['fr', 'sans exemple 40 s', '2 à envoyer, v12', 'illisible x 2'],
    ['es', 'sin muestra: 40 s', '2 por enviar, v12', 'no legible x 2'],
    ['ja', 'サンプルなし 40 s', '未送信2件 v12', '読み取り不可 x 2'],
    ['zh-CN', '无样本 40 s', '2 个待发送 v12', '无法读取 x 2'],
  ];
  for (const [language, waiting, working, failed] of texts)
    it(`says what a node waits for, does and fails at: ${language}`, () => {
      const clock = new VirtualClock();
      const fake = new FakeNode('node1', 'ftte-train');
      const status = new Status(nodeCatalog('ftte-train', language), fake.node, clock);
      status.show(waitingLook({ for: 'samples', sinceMs: clock.now() - 40_000 }, clock.now()));
      clock.advance(1000);
      status.set('green', 'dot', 'collecting-updates', { samples: 340, version: 12, updates: 2 });
      clock.advance(1000);
      status.failed({ code: 'reading-invalid', count: 2 });
      const shown = fake.statuses.map((each) => (typeof each === 'string' ? each : each.text));
      assert.deepEqual(shown, [waiting, working, failed]);
    });

  for (const language of ['en-US', 'de', 'fr', 'es', 'ja', 'zh-CN'])
    it(`says how many updates wait, whole, at a high version: ${language}`, () => {
      const fake = new FakeNode('node1', 'ftte-train');
      const status = new Status(nodeCatalog('ftte-train', language), fake.node, new VirtualClock());
      status.set('green', 'ring', 'collecting-updates', { samples: 340, version: 123_456, updates: 2048 });
      const [shown] = fake.statuses.map((each) => (typeof each === 'string' ? each : each.text));
      assert.match(shown ?? '', /2048/);
      assert.doesNotMatch(shown ?? '', /…/);
    });
});

describe('statuses in the catalogs', () => {
  const texts = (type: string): Record<string, string> => {
    const path = join(root, 'nodes', type, 'locales', 'en-US', `${type}.json`);
    return JSON.parse(readFileSync(path, 'utf8'))[type].status ?? {};
  };

  it('leave room for the number of an error: 13 letters and a count of up to four', () => {
    for (const [code, text] of Object.entries(texts('ftte-federation')).filter(
      ([key]) => !isWait(key) && !isOut(key),
    )) {
      assert.ok(code in noticeCodes, code);
      assert.ok(text.length <= 13, `${code}: ${text}`);
    }
  });

  it('fit with any time that a wait can have', () => {
    for (const ms of [10_000, 99_999, 100_000, 99 * 60_000, 6_000_000, 99 * 3_600_000, 90 * 86_400_000]) {
      const time = roughTime(ms);
      for (const [key, text] of Object.entries(texts('ftte-federation')).filter(([key]) => isWait(key)))
        assert.ok(text.replace('__time__', time).length <= 20, `${key}: ${text}, ${time}`);
    }
  });
});

/** A gateway that is not let in: no error with a number. `has status texts that fit` checks their length. */
const isOut = (key: string) => key.startsWith('out-');
const isWait = (key: string) => /^(waiting|no)-/.test(key);
