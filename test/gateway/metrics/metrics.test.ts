import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addScore,
  classificationFigures,
  detectionAt,
  meanRocArea,
  persistenceSquares,
  rocAreas,
  scoreHistogram,
  skillScore,
  wilsonInterval,
  worstTenth,
} from '../../../gateway/metrics';

const near = (got: number | undefined, wanted: number, tolerance = 1e-9) =>
  assert.ok(got !== undefined && Math.abs(got - wanted) <= tolerance, `${got} in place of ${wanted}`);

describe('the figures of a confusion matrix', () => {
  it('are those worked out by hand, and leave a label without samples out', () => {
    // Label 0: 8 of 10, predicted 9 times. Label 1: 1 of 2, predicted 3 times. Label 2 does not occur.
    const figures = classificationFigures([8, 2, 0, 1, 1, 0, 0, 0, 0], 3);
    near(figures.accuracy, 9 / 12);
    near(figures.balancedAccuracy, (0.8 + 0.5) / 2);
    near(figures.chance, 1 / 2);
    near(figures.macroF1, (16 / 19 + 2 / 5) / 2);
    near(figures.balancedAccuracyNoise, (1.959964 * Math.sqrt(40 / 14 ** 3 + 1 / 24)) / 2);
    assert.equal(figures.recalls[2], undefined);
    assert.equal(figures.recalls[0]?.samples, 10);
    near(figures.recalls[1]?.low, 0.0945, 1e-4);
    assert.equal(figures.onlyPrediction, undefined);
  });

  it('are 0 for an empty matrix', () => {
    const { accuracy, balancedAccuracy, chance, macroF1, balancedAccuracyNoise } = classificationFigures(
      [0, 0, 0, 0],
      2,
    );
    assert.deepEqual([accuracy, balancedAccuracy, chance, macroF1, balancedAccuracyNoise], [0, 0, 0, 0, 0]);
  });

  it('count a label that is predicted and does not occur as a miss of the others', () => {
    near(classificationFigures([3, 1, 0, 0], 2).macroF1, 6 / 7);
  });

  for (const [confusion, only] of [
    [[0, 5, 0, 7], 1],
    [[4, 1, 0, 7], undefined],
    // Nothing else occurs, so that one prediction is right.
    [[0, 0, 0, 7], undefined],
  ] as const)
    it(`of ${confusion} name ${only ?? 'no label'} as the only prediction`, () => {
      assert.equal(classificationFigures(confusion, 2).onlyPrediction, only);
    });
});

describe('the interval of a share', () => {
  // Newcombe 1998, Statist. Med. 17, table I, and the formula by hand.
  for (const [hits, count, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
    [29, 29, 0.883, 1],
  ] as const)
    it(`of ${hits} in ${count} is ${low} to ${high}`, () => {
      near(wilsonInterval(hits, count).low, low, 1e-4);
      near(wilsonInterval(hits, count).high, high, 1e-4);
    });

  it('of nothing is everything', () => {
    assert.deepEqual(wilsonInterval(0, 0), { low: 0, high: 1 });
  });
});

describe('the area under a ROC curve', () => {
  const areaOf = (samples: readonly (readonly [isLabel: boolean, probability: number])[]) => {
    const histogram = scoreHistogram(2)!;
    for (const [isLabel, probability] of samples) {
      addScore(histogram, 1, isLabel, probability);
      addScore(histogram, 0, !isLabel, 1 - probability);
    }
    return { all: meanRocArea(histogram), each: rocAreas(histogram) };
  };

  it('is the share of pairs in their order', () => {
    const { all, each } = areaOf([
      [true, 0.9],
      [true, 0.6],
      [false, 0.7],
      [false, 0.2],
    ]);
    near(all, 3 / 4);
    assert.deepEqual(each, [3 / 4, 3 / 4]);
  });

  it('counts a tie as half, and is undefined where nothing can be compared', () => {
    near(
      areaOf([
        [true, 0.5],
        [false, 0.5],
      ]).all,
      0.5,
    );
    assert.equal(areaOf([[true, 0.5]]).all, undefined);
    assert.equal(scoreHistogram(65), undefined);
  });

  it('takes probabilities of 0 and 1, and no number for an even chance', () => {
    near(
      areaOf([
        [true, 1],
        [true, Number.NaN],
        [false, 0.5],
        [false, 0],
      ]).all,
      3.5 / 4,
    );
  });

  it('is close to that of all pairs for any scores', () => {
    const sample = fc.tuple(fc.boolean(), fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true }));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 40 }), (samples) => {
        const own = samples.filter(([isLabel]) => isLabel);
        const others = samples.filter(([isLabel]) => !isLabel);
        if (own.length === 0 || others.length === 0) return;
        let pairs = 0;
        let close = 0;
        const odds = (p: number) => Math.log(p / (1 - p));
        for (const [, a] of own)
          for (const [, b] of others) {
            pairs += a > b ? 1 : a === b ? 0.5 : 0;
            if (Math.abs(odds(a) - odds(b)) < 1 / 8) close++;
          }
        const count = own.length * others.length;
        near(areaOf(samples).all, pairs / count, close / 2 / count + 1e-9);
      }),
    );
  });
});

describe('other figures', () => {
  it('detection is measured at the threshold that the allowed false alarms leave', () => {
    const ordinary = [5, 1, 2, 3, 4, 6, 7, 8, 9, 10];
    const found = detectionAt(ordinary, [9.5, 11, 3], 0.1);
    assert.deepEqual([found?.threshold, found?.falseAlarms, found?.rate], [9, 0.1, 2 / 3]);
    assert.equal(detectionAt(ordinary, [9.5, 11, 3], 0)?.rate, 1 / 3);
    assert.equal(detectionAt(ordinary, [9.5, 11, 3], 1)?.rate, 1);
    // Ten equal scores: an alarm for one would be an alarm for all.
    assert.equal(detectionAt(Array(10).fill(1), [1, 2], 0.5)?.falseAlarms, 0);
    assert.equal(detectionAt([], [1], 0.1), undefined);
  });

  it('the worst tenth is one person at least', () => {
    assert.equal(worstTenth([0.5, 0.9, 0.1]), 0.1);
    near(worstTenth([9, 8, 7, 6, 5, 4, 3, 2, 1, 0.5, 0]), 0.25);
    assert.equal(worstTenth([]), undefined);
  });

  it('a forecast is compared with the newest reading', () => {
    // Two channels, two readings, two readings after them; the second channel is predicted.
    const sample = [0, 1, 0, 3, 0, 4, 0, 1];
    const shape = { length: 2, horizon: 2, channels: 2, predicted: [1] };
    assert.equal(persistenceSquares(sample, shape), 1 + 4);
    assert.equal(skillScore(1, 4), 0.75);
    assert.equal(skillScore(8, 4), -1);
    assert.equal(skillScore(1, 0), undefined);
  });
});
