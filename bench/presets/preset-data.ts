import type { Samples } from '../../gateway/engine';
import type { Shape } from '../../gateway/model';
import { SeededRandom } from '../../gateway/platform';
import { peopleData } from '../support/people-data';
import { mirrored, pictureData } from './picture-data';
import type { PresetCase } from './preset-cases';

/** Samples of a case: the sets that train, one per epoch in turn, and those that judge. */
export interface PresetData {
  readonly input: Shape;
  readonly classes: number;
  readonly training: readonly Samples[];
  readonly judged: Samples;
}

/** Loads the samples of a case. @param share share of the training pictures that train, 0 to 1 */
export async function presetData(
  { data }: PresetCase,
  judge: 'test' | 'kept-aside',
  share: number,
): Promise<PresetData> {
  if (data === 'hapt' || data === 'mitbih') {
    const beats = data === 'mitbih';
    const found = await peopleData({
      name: data,
      // Only the windows and labels are used: the case has its own model.
      model: { preset: 'cnn1d', size: 'S' },
      judgedBy: judge,
      ofEachLabel: beats ? { training: 1000, judged: 1500 } : { training: 250, judged: 1000 },
      // There are only eight beats to learn from, and seven to judge by.
      without: beats ? ['Q'] : [],
      random: new SeededRandom(1),
    });
    const { length, channels } = found.task.input;
    const input = [length, channels.length];
    const { training, judged, task } = found;
    return { input, classes: task.labels.length, training: [training], judged };
  }
  const pictures = pictureData(data, judge, share);
  const { height, width, channels, training, judged, labels } = pictures;
  // A mirrored digit is not a digit.
  const sets = data === 'cifar10-12k' ? [training, mirrored(pictures)] : [training];
  return { input: [height * width, channels], classes: labels.length, training: sets, judged };
}
