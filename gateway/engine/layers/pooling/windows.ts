import type { LayerOf, Shape } from '../../../model';
import { bothWays } from '../../../model';
import { address } from '../../arena/view';
import type { Kernels } from '../../kernels/kernels';
import { poolWays, type Ways } from '../common/geometry';
import type { EmitBackward, LayerContext, LayerModule } from '../common/layer';
import { emitOverlapping } from './overlapping';

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

/** The windows of a pooling that are no partition of the input; undefined if they are one. */
function overlappingWays(site: LayerContext<Pooling>): Ways | undefined {
  const { spec, inputShape, outputShape } = site;
  const { size, stride = size, padding = 'valid' } = spec;
  const ways = poolWays(size, stride, padding, inputShape, outputShape);
  return ways.some((way) => way.stride !== way.taps || way.windows * way.taps > way.length)
    ? ways
    : undefined;
}

type Pooling = LayerOf<'maxpool1d' | 'averagepool1d' | 'maxpool2d' | 'averagepool2d'>;

/** `[length, channels] -> [length', channels]`: the largest of each window. */
export const maxpool1d: LayerModule<LayerOf<'maxpool1d'>> = {
  inPlace: false,
  takesRelu: true,
  compile(site) {
    const ways = overlappingWays(site);
    if (ways) return emitOverlapping(site, ways, 'largest');
    const { inputShape, outputShape, spec, relu } = site;
    const [inLength, channels] = inputShape as [number, number];
    const length = outputShape[0]!;
    const flag = relu ? 1 : 0;
    return emitLargest(site, {
      forward: (kernels, x, xExample, y, yExample, mask, count) =>
        kernels.maxPool(x, xExample, y, yExample, mask, count, inLength, length, channels, spec.size, flag),
      backward: (kernels, dy, dyExample, dx, dxExample, mask, count) =>
        kernels.maxPoolBack(dy, dyExample, dx, dxExample, mask, count, inLength, length, channels, spec.size),
    });
  },
};

/** `[height, width, channels] -> [height', width', channels]`: the largest of each window. */
export const maxpool2d: LayerModule<LayerOf<'maxpool2d'>> = {
  inPlace: false,
  takesRelu: true,
  compile(site) {
    const ways = overlappingWays(site);
    if (ways) return emitOverlapping(site, ways, 'largest');
    return emitLargest2d(site, windowsOf(site.inputShape, site.spec.size));
  },
};

function emitLargest2d(site: LayerContext, windows: Windows): EmitBackward {
  const { height, width, channels, down, across } = windows;
  const flag = site.relu ? 1 : 0;
  return emitLargest(site, {
    forward: (kernels, x, xExample, y, yExample, mask, count) =>
      kernels.maxPool2d(x, xExample, y, yExample, mask, count, height, width, channels, down, across, flag),
    backward: (kernels, dy, dyExample, dx, dxExample, mask, count) =>
      kernels.maxPool2dBack(dy, dyExample, dx, dxExample, mask, count, height, width, channels, down, across),
  });
}

/** `[length, channels] -> [channels]`: the largest over the length, one window as long as it. */
export const globalmaxpool1d: LayerModule<LayerOf<'globalmaxpool1d'>> = {
  inPlace: false,
  takesRelu: true,
  compile(site) {
    const [length, channels] = site.inputShape as [number, number];
    const flag = site.relu ? 1 : 0;
    return emitLargest(site, {
      forward: (kernels, x, xExample, y, yExample, mask, count) =>
        kernels.maxPool(x, xExample, y, yExample, mask, count, length, 1, channels, length, flag),
      backward: (kernels, dy, dyExample, dx, dxExample, mask, count) =>
        kernels.maxPoolBack(dy, dyExample, dx, dxExample, mask, count, length, 1, channels, length),
    });
  },
};

/** `[height, width, channels] -> [channels]`: the largest of the picture. */
export const globalmaxpool2d: LayerModule<LayerOf<'globalmaxpool2d'>> = {
  inPlace: false,
  takesRelu: true,
  compile: (site) =>
    emitLargest2d(site, windowsOf(site.inputShape, [site.inputShape[0]!, site.inputShape[1]!])),
};

/** The kernel call of one direction: addresses in bytes with the distance of two examples, and how many there are. */
type PoolCall = (
  kernels: Kernels,
  from: number,
  fromExample: number,
  to: number,
  toExample: number,
  mask: number,
  count: number,
) => void;

/**
 * The largest of each window; a mask of one bit per value remembers where it was. A ReLU before it is computed on the way:
 * the largest of a window comes through either way, and one mask serves both.
 */
function emitLargest(
  { schedule, x, y, batch, backward }: LayerContext,
  calls: { readonly forward: PoolCall; readonly backward: PoolCall },
): EmitBackward {
  const mask = schedule.buffer('activations', backward ? batch * Math.ceil(x.size / 8) : 0);
  schedule.emit('forward', [x.buffer, y.buffer, mask], (kernels) => {
    const [from, to, bits] = [address(x), address(y), Math.max(0, mask.offset)];
    return ({ count }) => calls.forward(kernels, from, x.example, to, y.example, bits, count);
  });
  return (dy, dx) => {
    if (!dx) return;
    schedule.emit('backward', [dy.buffer, dx.buffer, mask], (kernels) => {
      const [from, to, bits] = [address(dy), address(dx), mask.offset];
      return ({ count }) => calls.backward(kernels, from, dy.example, to, dx.example, bits, count);
    });
  };
}

/** `[length, channels] -> [length', channels]`: the mean of each window, of what of it is inside. */
export const averagepool1d: LayerModule<LayerOf<'averagepool1d'>> = {
  inPlace: false,
  compile: (site) => emitMeans(site),
};

/** `[height, width, channels] -> [height', width', channels]`: the mean of each window, of what of it is inside. */
export const averagepool2d: LayerModule<LayerOf<'averagepool2d'>> = {
  inPlace: false,
  compile: (site) => emitMeans(site),
};

function emitMeans(site: LayerContext<LayerOf<'averagepool1d' | 'averagepool2d'>>): EmitBackward {
  const ways = overlappingWays(site);
  if (ways) return emitOverlapping(site, ways, 'mean');
  return emitAverages(site, windowsOf(site.inputShape, site.spec.size));
}

function emitAverages({ schedule, x, y }: LayerContext, windows: Windows): EmitBackward {
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
