import type { LayerOf } from '../../../../gateway/model';
import type { LayerCase, Values } from './layer-case';

export const joins = {
  add: {
    shapes: [['an added input', [6, 4], { with: 'input' }, [6, 4]]],
    reference: (_, x, { second }) => x.map((value, i) => value + second![i]!),
    tensorFlow: (tf, _, x, { second }) => tf.add(x, second!),
    draw: ({ peers, pick }) => (peers.length > 0 ? { with: pick(peers) } : undefined),
  } satisfies LayerCase<LayerOf<'add'>>,

  concat: {
    shapes: [
      ['channels side by side', [6, 4], { with: 'input' }, [6, 8]],
      ['features one after the other', [6], { with: 'input', after: true }, [12]],
    ],
    reference({ after }, x, { from, to, second }) {
      const own = from.at(-1)!;
      const all = to.at(-1)!;
      const [first, last]: [Values, Values] = after ? [x, second!] : [second!, x];
      const split = after ? own : all - own;
      return Float64Array.from({ length: (x.length / own) * all }, (_, i) => {
        const [row, c] = [Math.floor(i / all), i % all];
        return c < split ? first[row * split + c]! : last[row * (all - split) + c - split]!;
      });
    },
    tensorFlow: (tf, { after }, x, { second }) => tf.concat(after ? [x, second!] : [second!, x], -1),
    draw: ({ peers, pick }) =>
      peers.length > 0 ? { with: pick(peers), ...pick([{}, { after: true }]) } : undefined,
  } satisfies LayerCase<LayerOf<'concat'>>,

  branch: {
    shapes: [],
    reference: (_, __, { second }) => second!,
    tensorFlow: (_, __, ___, { second }) => second!,
    // A branch needs a layer that takes the one before it: random models make both.
    draw: () => undefined,
  } satisfies LayerCase<LayerOf<'branch'>>,
};
