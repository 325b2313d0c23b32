import type { LayerOf } from '../../model';
import type { KerasLayer } from './keras-layer';

export const joins = {
  add: {
    readers: {
      Add(draft, _, { sources, main }) {
        sources.forEach((source, i) => {
          if (i !== main) draft.join({ type: 'add', with: 'input' }, source);
        });
      },
    },
    write: () => [{ className: 'Add', config: {} }],
  } satisfies KerasLayer<LayerOf<'add'>>,

  concat: {
    readers: {
      Concatenate(draft, config, { sources, main }) {
        config.wants({ axis: [-1, draft.shape?.length ?? -1] });
        // Outwards from its own place, so that all end up in order.
        for (let i = main - 1; i >= 0; i--) draft.join({ type: 'concat', with: 'input' }, sources[i]!);
        for (const source of sources.slice(main + 1))
          draft.join({ type: 'concat', with: 'input', after: true }, source);
      },
    },
    write: ({ after = false }) => [{ className: 'Concatenate', config: { axis: -1 }, ownFirst: after }],
  } satisfies KerasLayer<LayerOf<'concat'>>,

  /** In Keras a layer takes any other: nothing is written. */
  branch: { readers: {}, write: () => [] } satisfies KerasLayer<LayerOf<'branch'>>,
};
