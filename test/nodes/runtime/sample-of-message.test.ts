import assert from 'node:assert/strict';
import { SeededRandom } from '../../../gateway/platform';
import { SampleStore } from '../../../gateway/stream';
import { parseTask } from '../../../gateway/task';
import { sampleOf, scalingOf, type WindowMessage } from '../../../nodes/runtime';

const written = {
  name: 'test',
  input: { channels: [{ name: 'x' }, { name: 'y' }], rateHz: 10, length: 2, hop: 2 },
  model: { preset: 'mlp' },
};
const classification = parseTask({ ...written, labels: ['walk', 'sit'] });
const anomaly = parseTask({ ...written, kind: 'anomaly' });
const forecast = parseTask({ ...written, kind: 'forecast', forecast: { horizon: 1 } });

const window = [1, 2, 3, 4];
const sample = [1, 2, 3, 4, 5, 6];
const of = (task: typeof forecast, msg: object) => {
  const found = sampleOf(msg as WindowMessage, task);
  return found && { ...found, window: [...found.window] };
};

describe('what a message has to learn from', () => {
  it('is a window with its label where the task has labels', () => {
    assert.deepEqual(of(classification, { payload: window, label: 'sit' }), { window, label: 1 });
    assert.equal(of(classification, { payload: window }), undefined);
  });

  it('is every window where anomalies are to be found, whatever it is labelled', () => {
    assert.deepEqual(of(anomaly, { payload: window }), { window });
    assert.deepEqual(of(anomaly, { payload: window, label: 'flying' }), { window });
  });

  it('is for a forecast the window and what followed it, beside the payload or as the payload', () => {
    assert.deepEqual(of(forecast, { payload: window, sample, label: 'flying' }), { window: sample });
    assert.deepEqual(of(forecast, { payload: sample }), { window: sample });
  });

  it('is nothing for a forecast where nobody knows yet what follows', () => {
    assert.equal(of(forecast, { payload: window }), undefined);
  });

  it('is refused with another shape, which names what a sample is, and with what is not finite', () => {
    const cases: [object, RegExp][] = [
      [
        { payload: [1, 2] },
        /\[1, 2\], the task asks for \[3, 2\]: x, y \(a window of 2 and what followed it\)/,
      ],
      [{ payload: window, sample: window }, /the task asks for \[3, 2\]/],
      [{ payload: [1, 2, 3, Number.NaN] }, /channel y at row 1/],
      [{ payload: window, sample: [...window, 5, Infinity] }, /channel y at row 2/],
      [{ payload: 'text' }, /"text", expected a window of \[3, 2\]/],
    ];
    const store = new SampleStore({ capacity: 9, random: new SeededRandom(1) });
    store.fit(forecast);
    for (const [msg, message] of cases) {
      assert.throws(
        () => {
          const found = sampleOf(msg as WindowMessage, forecast);
          // As the role does that it is given to.
          if (found) store.add(found);
        },
        { message },
      );
    }
    assert.equal(store.size, 0);
  });

  it('is refused where nobody takes it: of a classification, a window without a label', () => {
    const refused = { message: /channel y at row 0/ };
    assert.throws(() => of(classification, { payload: [1, Number.NaN, 3, 4] }), refused);
    assert.throws(() => of(classification, { payload: [1, 2] }), { code: 'window-shape' });
  });
});

describe('what a window was normalised with', () => {
  it('is taken from the message where it is numbers, and is not known otherwise', () => {
    const scaling = { centre: [1, 2], spread: [3, 4] };
    assert.deepEqual(scalingOf({ scaling } as never), scaling);
    for (const none of [undefined, null, 3, {}, { centre: [1] }, { centre: [1, 'a'], spread: [1, 1] }])
      assert.equal(scalingOf({ scaling: none } as never), undefined);
  });
});
