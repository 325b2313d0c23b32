import { resolveModel } from '../../gateway/model';
import { channelMoments, loadData } from '../../gateway/simulation';
import { presetLayers } from '../../gateway/task';
import { dataFolder } from '../support/recordings';
import { areaUnderCurve, mean } from '../support/statistics';
import { halves, type Judge, type KindCase, type Moments, scaledSamples } from './kind-case';

/** Binary classification: stress or not, each person scaled by their own session. */
export async function stress(judge: Judge): Promise<KindCase> {
  const data = await loadData({ folder: dataFolder('stress-predict') });
  const person = (i: number) => data.person?.[i] ?? 0;
  const own = new Map<number, Moments>();
  for (const each of new Set(data.person)) {
    const session = data.windows.flatMap((_, i) => (person(i) === each ? [i] : []));
    own.set(each, channelMoments(data, session));
  }
  const momentsOf = (i: number) => own.get(person(i))!;
  const { training, judged } = halves(data, judge);
  const input = [data.input.length, data.input.channels.length];
  const { x } = scaledSamples(data, judged, momentsOf);
  return {
    name: 'stress: gru-S, stress-predict',
    model: resolveModel(input, presetLayers('gru', 'S', 1, input), 1, 'binary-cross-entropy'),
    training: scaledSamples(
      data,
      training,
      momentsOf,
      Uint16Array.from(training, (i) => data.y[i]!),
    ),
    epochs: 10,
    learningRate: 0.02,
    judge(predict) {
      const given = predict(x, judged.length);
      const people = [...new Set(judged.map(person))];
      const areas = people.map((each) => {
        const of = judged.flatMap((index, i) => (person(index) === each ? [i] : []));
        return areaUnderCurve(
          of.map((i) => given[i]!),
          of.map((i) => data.y[judged[i]!] === 1),
        );
      });
      return { score: 'AUC', value: mean(areas), without: 0.5, judgedBy: judged.length };
    },
  };
}
