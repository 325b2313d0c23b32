import type { LayerSpec } from '../../task';
import { address } from '../arena/view';
import type { LayerModule } from './layer';

/**
 * `[length, channels] -> [floor(length / size), channels]`. A ReLU before it is done on the way: the largest of a
 * window comes through either way, and one mask serves both.
 */
export const maxpool1d: LayerModule<Extract<LayerSpec, { type: 'maxpool1d' }>> = {
  inPlace: false,
  compile({ schedule, spec, x, y, batch, backward, relu, inputShape, outputShape }) {
    const [inLength, channels] = inputShape as [number, number];
    const length = outputShape[0]!;
    const flag = relu ? 1 : 0;
    const mask = schedule.buffer('activations', backward ? batch * Math.ceil(x.size / 8) : 0);
    schedule.emit('forward', [x.buffer, y.buffer, mask], (kernels) => {
      const [from, to, bits] = [address(x), address(y), Math.max(0, mask.offset)];
      return ({ count }) =>
        kernels.maxPool(
          from,
          x.example,
          to,
          y.example,
          bits,
          count,
          inLength,
          length,
          channels,
          spec.size,
          flag,
        );
    });
    return (dy, dx) => {
      if (!dx) return;
      schedule.emit('backward', [dy.buffer, dx.buffer, mask], (kernels) => {
        const [from, to, bits] = [address(dy), address(dx), mask.offset];
        return ({ count }) =>
          kernels.maxPoolBack(
            from,
            dy.example,
            to,
            dx.example,
            bits,
            count,
            inLength,
            length,
            channels,
            spec.size,
          );
      });
    };
  },
};
