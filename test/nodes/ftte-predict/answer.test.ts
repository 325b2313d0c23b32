import assert from 'node:assert/strict';
import { answer } from '../../../nodes/ftte-predict/answer';

const from = { lineage: '00', version: 7 };

describe('what the predict node says', () => {
  it('of a label is the label, or unknown below the threshold', () => {
    const prediction = {
      ...from,
      kind: 'classification' as const,
      model: 'personal' as const,
      label: 'walk',
      labelIndex: 0,
      confidence: 0.7,
      scores: { walk: 0.7, sit: 0.3 },
    };
    const sure = answer(prediction, 0);
    assert.deepEqual(sure.payload, {
      label: 'walk',
      confidence: 0.7,
      scores: { walk: 0.7, sit: 0.3 },
      model: 'personal',
      version: 7,
    });
    assert.deepEqual(sure.shown, { fill: 'green', key: 'personal', words: { label: 'walk' } });
    const unsure = answer(prediction, 0.8);
    assert.equal((unsure.payload as { label: string }).label, 'unknown');
    assert.equal(unsure.shown.fill, 'yellow');
  });

  it('of a long label is its beginning, and that it goes on, in the status', () => {
    const prediction = { ...from, kind: 'classification' as const, model: 'shared' as const, labelIndex: 0 };
    for (const [label, shown] of [
      ['WALKING_UPSTAIRS', 'WALKING_UPSTA…'],
      ['fourteen-marks', 'fourteen-marks'],
    ] as const) {
      const { payload, shown: status } = answer({ ...prediction, label, confidence: 1, scores: {} }, 0);
      assert.equal((payload as { label: string }).label, label);
      assert.deepEqual(status.words, { label: shown });
    }
  });

  it('of what comes next is the values by channel, the last of the first channel in the status', () => {
    const values = { heartrate: [80, 81.23], spo2: [97, 96] };
    const { payload, shown } = answer({ ...from, kind: 'forecast', values, times: [1, 2] }, 0);
    assert.deepEqual(payload, { values, times: [1, 2], version: 7 });
    assert.deepEqual(shown, { fill: 'green', key: 'forecast', words: { channel: 'heartr', value: '81.2' } });
  });

  it('of a window is whether it is unusual, red where it is', () => {
    const verdict = { ...from, kind: 'anomaly' as const, score: 0.01234, errors: { ecg: 0.01234 } };
    const ordinary = answer({ ...verdict, anomaly: false, threshold: 0.5 }, 0);
    assert.deepEqual(ordinary.payload, {
      anomaly: false,
      score: 0.01234,
      errors: { ecg: 0.01234 },
      threshold: 0.5,
      version: 7,
    });
    assert.deepEqual(ordinary.shown, { fill: 'green', key: 'ordinary', words: { score: '0.0123' } });
    const unusual = answer({ ...verdict, anomaly: true, threshold: 0.001 }, 0);
    assert.deepEqual([unusual.shown.fill, unusual.shown.key], ['red', 'anomaly']);
    const learning = answer({ ...verdict, anomaly: false, learning: { windows: 3, needed: 100 } }, 0);
    assert.deepEqual(learning.shown, { fill: 'blue', key: 'learning', words: { windows: 3, needed: 100 } });
  });
});
