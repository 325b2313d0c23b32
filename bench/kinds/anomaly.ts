import { resolveModel } from '../../gateway/model';
import { channelMoments, loadData } from '../../gateway/simulation';
import { presetLayers } from '../../gateway/task';
import { dataFolder } from '../support/recordings';
import { areaUnderCurve } from '../support/statistics';
import { halves, type Judge, type KindCase, scaledSamples, some } from './kind-case';

/** Anomaly detection: an autoencoder of normal beats, each scaled by itself, judged by the errors of all beats. */
export async function anomaly(judge: Judge): Promise<KindCase> {
  const data = await loadData({ folder: dataFolder('mitbih') });
  const own = (i: number) => channelMoments(data, [i]);
  const normal = (i: number) => data.labels[data.y[i]!] === 'N';
  const { training, judged } = halves(data, judge);
  const ordinary = some(training.filter(normal), 8000);
  const beats = [
    ...some(judged.filter(normal), 6000),
    ...some(
      judged.filter((i) => !normal(i)),
      3000,
    ),
  ];
  const input = [data.input.length, data.input.channels.length];
  const size = input[0]! * input[1]!;
  const layers = presetLayers('autoencoder1d', 'S', size, input);
  const { x } = scaledSamples(data, beats, own);
  return {
    name: 'anomaly: autoencoder1d-S, mitbih',
    model: resolveModel(input, layers, size, 'mean-squared-error', { kind: 'input' }),
    training: scaledSamples(data, ordinary, own),
    epochs: 10,
    learningRate: 0.01,
    judge(predict) {
      const given = predict(x, beats.length);
      const errors = beats.map((_, i) => {
        let sum = 0;
        for (let j = i * size; j < (i + 1) * size; j++) sum += (given[j]! - x[j]!) ** 2;
        return sum;
      });
      const value = areaUnderCurve(
        errors,
        beats.map((i) => !normal(i)),
      );
      return { score: 'AUC', value, without: 0.5, judgedBy: beats.length };
    },
  };
}
