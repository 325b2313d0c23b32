import assert from 'node:assert/strict';
import { checkWindow } from '../../../gateway/stream';
import { parseTask } from '../../../gateway/task';
import { actionOf, bytesOf, labelOf, windowOf } from '../../../nodes/runtime';

const task = parseTask({
  name: 'test',
  input: { channels: [{ name: 'x' }, { name: 'y' }], rateHz: 10, length: 2, hop: 2 },
  labels: ['walk', 'sit'],
  model: { preset: 'mlp' },
});

describe('a window in a message', () => {
  const forms: [string, unknown][] = [
    ['a Float32Array', Float32Array.of(1, 2, 3, 4)],
    ['an array of numbers', [1, 2, 3, 4]],
    ['another typed array', Float64Array.of(1, 2, 3, 4)],
    [
      'one array per reading',
      [
        [1, 2],
        [3, 4],
      ],
    ],
    ['a typed array a reading', [Float32Array.of(1, 2), Float32Array.of(3, 4)]],
  ];
  for (const [name, payload] of forms) {
    it(`may be ${name}`, () => assert.deepEqual([...windowOf(payload, task.input)], [1, 2, 3, 4]));
  }

  it('is copied: what the flow does to its array later does not matter', () => {
    const payload = Float32Array.of(1, 2, 3, 4);
    const window = windowOf(payload, task.input);
    payload[0] = 99;
    assert.equal(window[0], 1);
  });

  const wrong: [string, unknown, string, RegExp][] = [
    ['too few values', [1, 2], 'window-shape', /\[2, 2\]: x, y/],
    [
      'a row with too many channels',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      'window-shape',
      /row 0 .* 3 channels.*x, y/,
    ],
    ['an object', { x: 1 }, 'window-shape', /an object.*expected a window of \[2, 2\]: x, y/],
    ['nothing', undefined, 'window-shape', /is nothing/],
    ['NaN', [1, 2, Number.NaN, 4], 'window-not-finite', /channel x at row 1/],
    [
      'infinity',
      Float32Array.of(1, Number.POSITIVE_INFINITY, 3, 4),
      'window-not-finite',
      /channel y at row 0/,
    ],
    ['null for a number', [1, null, 3, 4], 'window-not-finite', /channel y at row 0/],
    ['text for a number', ['1', 2, 3, 4], 'window-not-finite', /channel x at row 0/],
  ];
  for (const [name, payload, code, message] of wrong) {
    it(`is refused with ${name}, naming channel and shape`, () => {
      // The second half is what every role does with a window.
      assert.throws(() => checkWindow(windowOf(payload, task.input), task.input), { code, message });
    });
  }
});

describe('the label of a message', () => {
  it('is found by name and by index', () => {
    assert.equal(labelOf('sit', task), 1);
    assert.equal(labelOf(0, task), 0);
  });
  it('is absent where the message has none', () => {
    assert.equal(labelOf(undefined, task), undefined);
    assert.equal(labelOf('', task), undefined);
  });
  it('is refused where the task does not know it, with those it knows', () => {
    assert.throws(() => labelOf('fly', task), { code: 'label-unknown', message: /walk, sit/ });
    assert.throws(() => labelOf(2, task), { code: 'label-unknown' });
  });
});

describe('the action of a message', () => {
  it('is one of those the node knows, or absent', () => {
    assert.equal(actionOf('stop', ['start', 'stop']), 'stop');
    assert.equal(actionOf(undefined, ['start', 'stop']), undefined);
  });
  it('is refused otherwise, with those there are', () => {
    assert.throws(() => actionOf('fly', ['start', 'stop']), {
      code: 'message-invalid',
      message: /"fly".*start, stop/,
    });
  });
});

describe('bytes in a message', () => {
  it('are Buffers, never windows', () => {
    assert.deepEqual(bytesOf(Buffer.from([1])), Buffer.from([1]));
    assert.equal(bytesOf(Float32Array.of(1)), undefined);
    assert.equal(bytesOf([1, 2]), undefined);
  });
});
