import { type LayerSpec, layerKind, type ModelSpec } from '../model';

/**
 * Meaning of the last axis of a value: it counts the task's channels (once, or once a row of a window that was made flat),
 * what a layer made of them, or one beside the other.
 */
export type AxisMeaning = 'channels' | 'features' | 'both';

/** Whether a layer with parameters keeps the channels of its input apart. */
export const keepsApart = ({ type }: LayerSpec): boolean =>
  /^(depthwise|batchnorm|layernorm|groupnorm)/.test(type);

/** The meaning of the last axis of each layer's input. */
export function channelAxes({ layers, shapes, input, seconds }: ModelSpec): AxisMeaning[] {
  const given: AxisMeaning[] = [];
  const before = (layer: number): AxisMeaning => (layer < 0 ? 'channels' : given[layer]!);
  return layers.map((spec, i) => {
    const own = before(i - 1);
    const second = seconds[i];
    const other = second === undefined ? undefined : before(second);
    // The values of a channel are spread over the statistics.
    const mixes =
      spec.type === 'features' ||
      ((layerKind(spec).tensors?.(spec, shapes[i - 1] ?? input).length ?? 0) > 0 && !keepsApart(spec));
    given.push(mixes ? 'features' : joined(spec, own, other));
    return own;
  });
}

function joined(spec: LayerSpec, own: AxisMeaning, other: AxisMeaning | undefined): AxisMeaning {
  if (other === undefined) return own;
  if (layerKind(spec).startsBranch) return other;
  // Channels beside channels are not the channels once: only features beside features are what they were.
  const isSum = spec.type === 'add' && own === other;
  return isSum || (own === 'features' && other === 'features') ? own : 'both';
}
