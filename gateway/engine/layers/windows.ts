import type { LayerOf, LayerSpec, Shape } from '../../task';
import { bothWays } from '../../task/core';
import { address } from '../arena/view';
import type { EmitBackward, LayerModule, Site } from './layer';

/** A picture and the windows that cover it; what they do not cover is ignored. Rows along a length are a picture one wide. */
interface Windows {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly down: number;
  readonly across: number;
}

function windowsOf(shape: Shape, size: number | readonly [number, number]): Windows {
  const channels = shape.at(-1)!;
  if (shape.length === 2) return { height: shape[0]!, width: 1, channels, down: size as number, across: 1 };
  const [down, across] = bothWays(size);
  return { height: shape[0]!, width: shape[1]!, channels, down, across };
}

/** `[height, width, channels] -> [height / down, width / across, channels]`, whole numbers: the largest of each window. */
export const maxpool2d: LayerModule<LayerOf<'maxpool2d'>> = {
  inPlace: false,
  compile({ schedule, spec, x, y, batch, backward, relu, inputShape }) {
    const { height, width, channels, down, across } = windowsOf(inputShape, spec.size);
    const flag = relu ? 1 : 0;
    const mask = schedule.buffer('activations', backward ? batch * Math.ceil(x.size / 8) : 0);
    schedule.emit('forward', [x.buffer, y.buffer, mask], (kernels) => {
      const [from, to, bits] = [address(x), address(y), Math.max(0, mask.offset)];
      return ({ count }) =>
        kernels.maxPool2d(
          from,
          x.example,
          to,
          y.example,
          bits,
          count,
          height,
          width,
          channels,
          down,
          across,
          flag,
        );
    });
    return (dy, dx) => {
      if (!dx) return;
      schedule.emit('backward', [dy.buffer, dx.buffer, mask], (kernels) => {
        const [from, to, bits] = [address(dy), address(dx), mask.offset];
        return ({ count }) =>
          kernels.maxPool2dBack(
            from,
            dy.example,
            to,
            dx.example,
            bits,
            count,
            height,
            width,
            channels,
            down,
            across,
          );
      });
    };
  },
};

/** `[length, channels] -> [length / size, channels]`, whole numbers: the mean of each window. */
export const averagepool1d: LayerModule<LayerOf<'averagepool1d'>> = {
  inPlace: false,
  compile: (site) => emitAverages(site, windowsOf(site.inputShape, site.spec.size)),
};

/** The mean of each window of a picture. */
export const averagepool2d: LayerModule<LayerOf<'averagepool2d'>> = {
  inPlace: false,
  compile: (site) => emitAverages(site, windowsOf(site.inputShape, site.spec.size)),
};

function emitAverages({ schedule, x, y }: Site<LayerSpec>, windows: Windows): EmitBackward {
  const { height, width, channels, down, across } = windows;
  schedule.emit('forward', [x.buffer, y.buffer], (kernels) => {
    const [from, to] = [address(x), address(y)];
    return ({ count }) =>
      kernels.averagePool2d(from, x.example, to, y.example, count, height, width, channels, down, across);
  });
  return (dy, dx) => {
    if (!dx) return;
    schedule.emit('backward', [dy.buffer, dx.buffer], (kernels) => {
      const [from, to] = [address(dy), address(dx)];
      return ({ count }) =>
        kernels.averagePool2dBack(
          from,
          dy.example,
          to,
          dx.example,
          count,
          height,
          width,
          channels,
          down,
          across,
        );
    });
  };
}
