import { resolveModel } from '../../gateway/model';
import { channelMoments, loadData } from '../../gateway/simulation';
import { presetLayers } from '../../gateway/task';
import { dataFolder } from '../support/recordings';
import { halves, type Judge, type KindCase, scaledSamples } from './kind-case';

/** Forecast: 96 readings to the 32 that follow, in all channels. */
export async function forecast(preset: 'mlp' | 'gru', judge: Judge): Promise<KindCase> {
  const data = await loadData({ folder: dataFolder('hapt') });
  const { training, judged } = halves(data, judge);
  const moments = channelMoments(data, training);
  const [length, horizon, channels] = [96, data.input.length - 96, data.input.channels.length];
  const input = [length, channels];
  const outputs = horizon * channels;
  const sample = data.input.length * channels;
  const { x } = scaledSamples(data, judged, () => moments);
  const inputs = new Float32Array(judged.length * length * channels);
  judged.forEach((_, i) => {
    inputs.set(x.subarray(i * sample, i * sample + length * channels), i * length * channels);
  });
  const target = { kind: 'following', rows: horizon, channels: moments.map((_, c) => c) } as const;
  return {
    name: `forecast: ${preset}-S, hapt`,
    model: resolveModel(
      input,
      presetLayers(preset, 'S', outputs, input),
      outputs,
      'mean-squared-error',
      target,
    ),
    training: scaledSamples(data, training, () => moments),
    epochs: 8,
    learningRate: preset === 'gru' ? 0.05 : 0.02,
    judge(predict) {
      const given = predict(inputs, judged.length);
      let [squares, errors, repeated] = [0, 0, 0];
      for (let i = 0; i < judged.length; i++) {
        for (let j = 0; j < outputs; j++) {
          const actual = x[i * sample + length * channels + j]!;
          const last = x[i * sample + (length - 1) * channels + (j % channels)]!;
          squares += actual ** 2;
          errors += (given[i * outputs + j]! - actual) ** 2;
          repeated += (last - actual) ** 2;
        }
      }
      const judgedBy = judged.length;
      return {
        score: 'variance explained',
        value: 1 - errors / squares,
        without: 1 - repeated / squares,
        judgedBy,
      };
    },
  };
}
