import { featureTable, featureWorkspace, type LayerOf, planFeatures } from '../../model';
import { address } from '../arena/view';
import type { LayerModule } from './common/layer';

/** Statistics of the model's input. No gradient goes through it, so nothing is kept for the way back. */
export const features: LayerModule<LayerOf<'features'>> = {
  inPlace: false,
  startsBranch: true,
  compile({ schedule, spec, second, y }) {
    if (!second) return () => {};
    const plan = planFeatures(spec, [second.size / second.width, second.width]);
    const table = schedule.table(featureTable(plan));
    const work = schedule.buffer('workspace', featureWorkspace(plan) * 4);
    schedule.emit('forward', [second.buffer, y.buffer, work, table], (kernels) => {
      const [from, to, scratch, numbers] = [address(second), address(y), work.offset, table.offset];
      return ({ count }) =>
        kernels.windowFeatures(from, second.example, to, y.example, scratch, numbers, count);
    });
    return () => {};
  },
};
