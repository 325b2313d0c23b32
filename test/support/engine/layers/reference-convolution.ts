import { bothWays, type LayerOf, type Shape } from '../../../../gateway/model';

type Values = Float64Array;
export type Convolution = LayerOf<'conv1d' | 'conv2d' | 'depthwiseconv1d' | 'depthwiseconv2d'>;

/** Zeros that Keras lays before the first value of one direction. */
function zerosBefore(
  padding: 'same' | 'valid' | 'causal',
  length: number,
  windows: number,
  taps: number,
  stride: number,
) {
  if (padding === 'causal') return taps - 1;
  return padding === 'valid' ? 0 : Math.floor(Math.max((windows - 1) * stride + taps - length, 0) / 2);
}

/** A convolution as its definition reads; rows are pictures of one line. */
export function referenceConvolution(
  spec: Convolution,
  x: Values,
  from: Shape,
  to: Shape,
  kernel: Values,
  bias: Values | undefined,
): Values {
  const flat = from.length === 2;
  const [lines, pixels, channels] = (flat ? [1, ...from] : from) as [number, number, number];
  const [outLines, outPixels, outputs] = (flat ? [1, ...to] : to) as [number, number, number];
  const [down, across] = flat ? [1, spec.kernel as number] : bothWays(spec.kernel);
  const [stepDown, stepAcross] = flat ? [1, (spec.stride as number | undefined) ?? 1] : bothWays(spec.stride);
  const dilation = (spec.type === 'conv1d' ? spec.dilation : undefined) ?? 1;
  const top = zerosBefore(spec.padding, lines, outLines, down, stepDown);
  const left = zerosBefore(spec.padding, pixels, outPixels, (across - 1) * dilation + 1, stepAcross);
  const depthwise = spec.type.startsWith('depthwise');
  const y = new Float64Array(outLines * outPixels * outputs);
  for (let line = 0; line < outLines; line++) {
    for (let pixel = 0; pixel < outPixels; pixel++) {
      for (let n = 0; n < outputs; n++) {
        let sum = bias?.[n] ?? 0;
        for (let i = 0; i < down; i++) {
          for (let j = 0; j < across; j++) {
            const [r, p] = [line * stepDown - top + i, pixel * stepAcross - left + j * dilation];
            if (r < 0 || r >= lines || p < 0 || p >= pixels) continue;
            const tap = i * across + j;
            const at = (r * pixels + p) * channels;
            if (depthwise) sum += x[at + n]! * kernel[tap * channels + n]!;
            else
              for (let c = 0; c < channels; c++)
                sum += x[at + c]! * kernel[(tap * channels + c) * outputs + n]!;
          }
        }
        y[(line * outPixels + pixel) * outputs + n] = sum;
      }
    }
  }
  return y;
}
