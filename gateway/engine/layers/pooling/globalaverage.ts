import type { LayerOf, LayerSpec } from '../../../model';
import { address } from '../../arena/view';
import type { EmitBackward, LayerContext, LayerModule } from '../common/layer';

/** `[length, channels] -> [channels]`: the mean over the length. */
export const globalaveragepool1d: LayerModule<LayerOf<'globalaveragepool1d'>> = {
  inPlace: false,
  compile: (site) => emitGlobalAverage(site),
};

/** `[height, width, channels] -> [channels]`: the mean over the picture. */
export const globalaveragepool2d: LayerModule<LayerOf<'globalaveragepool2d'>> = {
  inPlace: false,
  compile: (site) => emitGlobalAverage(site),
};

function emitGlobalAverage({ schedule, x, y, inputShape }: LayerContext<LayerSpec>): EmitBackward {
  const channels = inputShape.at(-1)!;
  const rows = x.size / channels;
  schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
    const [from, to] = [address(x), address(y)];
    return ({ count }) => kernels.averagePool(from, x.example, to, y.example, count, rows, channels);
  });
  return (dy, dx) => {
    if (!dx) return;
    schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
      const [from, to] = [address(dy), address(dx)];
      return ({ count }) => kernels.averagePoolBack(from, dy.example, to, dx.example, count, rows, channels);
    });
  };
}
